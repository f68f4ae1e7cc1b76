"""Study files to start from, every line explained: the paper's two experiments, and one that runs anywhere."""

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

PROMPTS = """\
# {title}
# riptui study plan {file}     trajectories, time, disk space
# riptui study run {file}       compute it; run it again to resume. Values added later add trajectories and repeat none.

images = ["pictures"]             # files, folders and globs, relative to this file
#sample = 100                     # take this many pictures at random
#sample_seed = 0

# Trajectories are saved in the folder runs/group.
runs = "runs"
group = "prompts"

metrics = ["lpips-alex", "lpips-vgg", "ssim", "psnr"]
measure = "half"                  # every 50 %; "every": each iteration; or a number of iterations

[sweep]
inpainter = "sd2"                 # `riptui fetch sd2 lpips` first
mask = 128                        # px
seed = 0
amount = 400                      # % inpainted, repeats counted
prompt = ["", "background"]
#embedding = ["none", "learned.safetensors"]   # a prompt that was learned (textual inversion): a file, or org/name

"""

PRESETS = {
    "quick": ANYWHERE,
    "orders": ANYWHERE,
    "interventions": ANYWHERE,
    "slides-prompts": PROMPTS,
    "paper-1": PAPER,
    "paper-2": PAPER,
}
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
        "# slides, but recursively. Then see  riptui results runs/prompts --by prompt,embedding --compare",
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
}


def render_preset(preset: str, file: Path) -> str:
    """The text of a study file. `file`: its name in the comments."""
    return PRESETS[preset].format(file=printable(shlex.quote(file.name)), **PRESET_FIELDS[preset]) + FOOTER


def write_preset(preset: str, file: Path) -> None:
    """Write a study file. Raises StudyError if the file exists, DiskError."""
    with explain_errors(file):
        try:
            with file.open("x", encoding="utf-8") as out:
                out.write(render_preset(preset, file))
        except FileExistsError:
            raise StudyError(f"{file} exists: choose another name, or move it") from None
