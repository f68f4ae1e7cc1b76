"""Study files to start from, every line explained: the paper's two experiments and others."""

import shlex
from pathlib import Path

from riptui.errors import StudyError
from riptui.store.disk_errors import explain_errors
from riptui.text.terminal import printable

FOOTER = """\
# Other fields of a trajectory can be lists too; every combination is computed:
#order = ["replacement", "shuffle", "raster", "offset"]
#mask_folder = "masks"            # a folder with your own masks, white where to repaint, for order = ["cycle", "draw"]
#squares = ["own", "shared"]      # own: a seed gives each picture squares and noise of its own; shared: all the same
#paste = [true, false]            # false: keep the whole output, which also shows the effect of the autoencoder
#onto = ["frame", "original"]     # what is pasted onto: the frame before, or the original
#anchor = [0, 8]                  # every so many iterations paint one square back from the original; 0: never
#match = ["none", "border"]       # border: match the colours of what was repainted to those along the mask's border
#feather = [0, 8]                 # px inside the mask's border over which the paste is blended
#schedule = ["", "strength=1..0.3"]   # parameters that change over the iterations
#size = 512                       # px, a multiple of 64
#fit = "bands"                    # for pictures that are not square: bands, crop or stretch
# Parameters of inpainters can be lists too; each applies to the inpainters that have it (see `riptui run --help`):
#steps = [25, 50]
#prompt = ["", "background"]
"""

PAPER = """\
# {title}
# riptui study plan {file}     trajectories, time, disk space
# riptui study run {file}       compute it; run it again to resume. Values added later add trajectories and repeat none.

# Files, folders and globs, relative to this file, or a dataset of the Hugging Face hub. The paper drew from WikiArt:
#images = ["hf:huggan/wikiart"]   # needs pip install 'riptui[datasets]'
images = ["pictures"]
# Take this many pictures at random: {relation}, if sample_seed is the same.
sample = {sample}
sample_seed = 0
#strict = true                    # leave out damaged pictures, which are otherwise used with a note

# Trajectories are saved in the folder runs/group. In one group, the paper's two experiments share the trajectories
# that both contain.
runs = "runs"
group = "paper"

metrics = ["lpips-squeeze", "lpips-alex", "lpips-vgg", "ssim", "psnr"]
measure = "half"                  # every 50 %; "every": each iteration; or a number of iterations

[sweep]
inpainter = "sd2"                 # `riptui fetch sd2 lpips` first
mask = [64, 128, 256]             # px
seed = {seed}
amount = 400                      # % inpainted, repeats counted

"""

ANYWHERE = """\
# {title}
# riptui study plan {file}     trajectories, time, disk space
# riptui study run {file}       compute it; run it again to resume. Values added later add trajectories and repeat none.

# Files, folders and globs, relative to this file; riptui:NAME is a picture that comes with riptui.
images = ["riptui:bowl", "riptui:coffee", "riptui:hills", "riptui:tiles"]
#sample = 10                      # take this many pictures at random
#sample_seed = 0

# Trajectories are saved in the folder runs/group.
runs = "runs"
group = "{group}"

metrics = ["ssim", "psnr"]        # these need no weights; the paper reports lpips-vgg
measure = "half"                  # every 50 %; "every": each iteration; or a number of iterations

[sweep]
inpainter = {inpainters}
{orders}mask = [32, 64]                   # px; at size 256 they correspond to 64 and 128 at 512
seed = "0-1"
amount = 400                      # % inpainted, repeats counted
size = 256                        # px
fit = "crop"

"""

MODELS = """\
# {title}
# riptui study plan {file}     trajectories, time, disk space
# riptui study run {file}       compute it; run it again to resume. Values added later add trajectories and repeat none.
# riptui study report {file}    figures and tables of all conditions, with intervals by image: they need five images

# Files, folders and globs, relative to this file, or a dataset of the Hugging Face hub ("hf:huggan/wikiart").
images = ["pictures"]
#sample = 100                     # take this many pictures at random
#sample_seed = 0

# Trajectories are saved in the folder runs/group.
runs = "runs"
group = "{group}"

metrics = {metrics}
measure = "half"                  # every 50 %; where an iteration is the whole image: every pass

{sweep}

"""

AUTOENCODER_SWEEP = """\
[sweep]
# The whole picture through a VAE and back, again and again; and three controls without weights, of known outcome.
inpainter = ["autoencoder", "jpeg", "resample", "blur"]
# `riptui fetch` each first. A model stands for its VAE; a repository or a folder of a VAE alone does as well.
vae = ["sd1.5", "stabilityai/sd-vae-ft-mse", "stabilityai/sdxl-vae"]
latents = "mode"                  # or "sample", or both in a list: of the encoder's distribution
passes = 1                        # in one iteration, in floating point between them; 8 bits after the last
amount = 2000                     # 100 % is an iteration: 20 times encoded and decoded
quality = 75                      # of jpeg
factor = 2                        # of resample
sigma = 0.5                       # px, of blur
seed = 0"""

DECODERS_SWEEP = """\
[sweep]
# One inpainting model with its own decoder, and with decoders that see the picture around the mask (conditional).
# `riptui fetch` each first. ASUKA's and SEELE's own decoders for Stable Diffusion were not released.
inpainter = "sd1.5"
vae = ["none", "cross-attention/asymmetric-autoencoder-kl-x-1-5", "cross-attention/asymmetric-autoencoder-kl-x-2"]
mask = 128                        # px
amount = 400                      # % inpainted, repeats counted
paste = [true, false]             # false: keep the whole output, as the decoder alone leaves it
seed = 0"""

PROMPTS_SWEEP = """\
[[sweep]]
inpainter = "sd2"                 # `riptui fetch sd2 lpips` first
mask = 128                        # px
amount = 400                      # % inpainted, repeats counted
prompt = ["", "background"]
seed = 0

# A prompt that was learned (textual inversion), a file or org/name; the slides' own was not published:
#[[sweep]]
#inpainter = "sd2"
#embedding = "learned.safetensors"
#mask = 128
#amount = 400
#seed = 0"""

NO_OP_SWEEP = """\
[sweep]
# Noise up to a strength and back, by a model that makes pictures from words, told to change nothing; and the same
# model's autoencoder alone, which is what is lost at no strength at all. `riptui fetch` the model first.
inpainter = ["img2img", "autoencoder"]
model = "{model}"
vae = "{model}"
strength = [0.1, 0.2, 0.3, 0.4]
prompt = ["", "an exact copy of this image"]
steps = 50                        # of which a strength of 0.1 takes 5
amount = 1000                     # 100 % is a pass: the first is the benchmark's, the other nine are the recursion
seed = 0"""

STABILITY_SWEEP = """\
# `riptui fetch sd2 sd2-base lama mat repaint lpips` first; `riptui doctor` says what is missing. What you don't have,
# leave out: the report compares what is there in one figure (S3) and one table, all of it on the same squares.
[[sweep]]
inpainter = ["navier-stokes", "telea", "lama", "mat", "latent-resampling"]
mask = 128                        # px
amount = 400                      # % inpainted, repeats counted
seed = 0

[[sweep]]                         # Stable Diffusion in the variants of the slides: without and with a prompt
inpainter = "sd2"
prompt = ["", "background"]
mask = 128
amount = 400
seed = 0

[[sweep]]                         # the same with a decoder that sees the picture around the mask
inpainter = "sd2"
vae = "cross-attention/asymmetric-autoencoder-kl-x-2"
mask = 128
amount = 400
seed = 0

[[sweep]]                         # RePaint: its network is one for 256 px, and paints on what it knows
inpainter = "repaint"
mask = 128
amount = 400
seed = 0

# A server and a program of your settings (`riptui config edit`; see Inpainters in the README):
#[[sweep]]
#inpainter = "iopaint"
#model = "lama"
#mask = 128
#amount = 400
#seed = 0

#[[sweep]]
#inpainter = "mat-cli"            # the name in your settings
#mask = 128
#amount = 400
#seed = 0"""

PRESETS = {"quick": ANYWHERE, "orders": ANYWHERE, "interventions": ANYWHERE, "paper-1": PAPER, "paper-2": PAPER}
PRESETS |= {
    "autoencoder": MODELS,
    "slides-decoders": MODELS,
    "slides-prompts": MODELS,
    "no-op": MODELS,
    "stability": MODELS,
}
WITHOUT_FOOTER = ("autoencoder", "no-op", "slides-prompts", "stability")
"""Presets of whole images, to whose trajectories most of the footer does not apply, and of several tables."""
PRESET_FIELDS = {
    "quick": {
        "title": "A study that runs anywhere, in a minute or two on two cores: four pictures that come with riptui,\n"
        "# three classical inpainters.",
        "group": "quick",
        "inpainters": '["navier-stokes", "telea", "biharmonic"]',
        "orders": "",
    },
    "orders": {
        "title": "What the order of the squares does, on the same pictures; runs anywhere. Then see\n"
        "# riptui results runs/orders --by inpainter,mask,order --recursion\n"
        "# Intervals need five pictures: add your own.",
        "group": "orders",
        "inpainters": '["navier-stokes", "telea"]',
        "orders": 'order = ["replacement", "shuffle", "raster", "offset"]\n',
    },
    "interventions": {
        "title": "What holds the drift back, each with and without, on the same masks and noise; runs anywhere. Then\n"
        "# riptui results runs/interventions --interventions\n"
        "# Intervals need five pictures: add your own.",
        "group": "interventions",
        "inpainters": '"telea"',
        "orders": "anchor = [0, 8]                   # every so many iterations one square back from the original\n"
        'match = ["none", "border"]        # the colours of what was repainted, matched along its border\n'
        "feather = [0, 8]                  # px inside the border over which the paste is blended\n",
    },
    "slides-prompts": {
        "title": 'Stable Diffusion without a prompt, with "background" and with a learned prompt, as in Wang\'s\n'
        "# slides, but recursively: side by side (figure S3) and in one table. Then see\n"
        "# riptui results runs/slides-prompts --by prompt,embedding --compare",
        "group": "slides-prompts",
        "metrics": '["lpips-vgg", "lpips-alex", "ssim", "psnr"]',
        "sweep": PROMPTS_SWEEP,
    },
    "stability": {
        "title": "Which inpainter is stable under its own output? The field's systems side by side.",
        "group": "stability",
        "metrics": '["lpips-vgg", "lpips-alex", "ssim", "psnr", "seam"]',
        "sweep": STABILITY_SWEEP,
    },
    "paper-1": {
        "title": "The paper's first experiment: 100 pictures, three mask sizes, one seed: 33,600 inpaintings.",
        "sample": "100",
        "relation": "the 10 of `paper-2` and 90 more",
        "seed": "0",
    },
    "paper-2": {
        "title": "The paper's second experiment: 10 of its pictures, three mask sizes, ten seeds: 33,600 inpaintings.",
        "sample": "10",
        "relation": "10 of the 100 of `paper-1`",
        "seed": '"0-9"',
    },
    "autoencoder": {
        "title": "Repeated decoding: what several VAEs lose when a picture goes through them again and again, with\n"
        "# its spectrum (figure S2), all of them side by side (S3) and in one table.",
        "group": "autoencoder",
        "metrics": '["lpips-vgg", "ssim", "psnr", "spectrum", "high-frequencies"]',
        "sweep": AUTOENCODER_SWEEP,
    },
    "slides-decoders": {
        "title": "Decoders compared: a model's own VAE and conditional ones, side by side (figure S3) and in one\n"
        "# table; the values after one iteration compare with the slides', those at the end are the recursion's.",
        "group": "slides-decoders",
        "metrics": '["lpips-vgg", "lpips-alex", "ssim", "psnr", "seam", "spectrum"]',
        "sweep": DECODERS_SWEEP,
    },
    "no-op": {
        "title": "Told to change nothing: NoOp-Bench's protocol (one pass of image to image at low strengths, with an\n"
        "# empty prompt and one that asks for a copy), then the same recursively. The report has the drift against\n"
        "# the strength, with the exponent of a power law and its interval (figure S4).",
        "group": "no-op",
        "metrics": '["lpips-vgg", "ssim", "psnr", "spectrum"]',
        "sweep": NO_OP_SWEEP.format(model="stable-diffusion-v1-5/stable-diffusion-v1-5"),
    },
}


PRESET_ALIASES = {"order": "orders"}
"""Other names of presets: `order` is the word of a spec."""


def render_preset(preset: str, file: Path) -> str:
    """The text of a study file. `file`: its name in the comments."""
    text = PRESETS[preset].format(file=printable(shlex.quote(file.name)), **PRESET_FIELDS[preset])
    return text if preset in WITHOUT_FOOTER else text + FOOTER


def describe_preset(preset: str) -> str:
    """What a preset is for, in a sentence or two."""
    text = " ".join(PRESET_FIELDS[preset]["title"].replace("\n#", " ").split())
    return text.partition(" Then see")[0]


def write_preset(preset: str, file: Path) -> None:
    """Write a study file. `preset`: a name or an alias. Raises StudyError if the file exists, DiskError."""
    with explain_errors(file):
        try:
            with file.open("x", encoding="utf-8") as out:
                out.write(render_preset(PRESET_ALIASES.get(preset, preset), file))
        except FileExistsError:
            raise StudyError(f"{file} exists: choose another name, or move it") from None
