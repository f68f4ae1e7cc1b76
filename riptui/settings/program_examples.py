"""Entries for programs of the field, and for servers, for a new settings file, commented out.

Written from the programs' published source; none was tried with its weights.
"""

EXAMPLES = '''\
[inpainters.mine]                   # the name for -i: riptui run cat.jpg -i mine
command = "python inpaint.py --images {images} --masks {masks} --out {outputs} --seeds {seeds}"
hole = "white"                      # the mask's pixels that it repaints: "white" or "black"
seed = "given"                      # given: the command has {seed}, or {seeds}, a file of lines "NAME SEED"
                                    # unused: it has no noise, and paints the same each time
                                    # fixed: each start begins with the same noise
                                    # none (the default): nobody knows, so that nothing can be replayed
folder = "~/inpaint"                # its current folder; otherwise an empty one
resolution = 512                    # the only size that it takes; otherwise any. {size}: the frame's
timeout = 300                       # seconds for one picture
env = { OMP_NUM_THREADS = "1" }
version = "python inpaint.py --version"

{images}, {masks} and {outputs} are folders of PNG files of equal names; one start serves a whole batch. A
program for one picture has {image}, {mask} and {output} instead, and is started for each. It must write
RGB of 8 bits without loss, of the same size: no JPEG.

Programs of the field, from their published source. None was tried with its weights. Names in CAPITALS are
yours: paths, a prompt. Most programs may be used for research only: see their licences.

MAT (Li et al. 2022) by its own program; mat is riptui's. Its seed is 240.
[inpainters.mat-cli]
command = "python generate_image.py --network PKL --dpath {images} --mpath {masks} --outdir {outputs}"
folder = "~/MAT"
hole = "black"
resolution = 512
seed = "fixed"

MAE-FAR (Cao et al. 2022). Its seed is 3407. It floors to 8 bits: half a level is lost each time, a drift
of its own. It paints at eval_size of its CONFIG, which must be the frame's size.
[inpainters.mae-far]
command = """python test_custom.py -c CONFIG --resume FOLDER --mae_ckpt PTH --image_size {size}
  --image_path {images} --mask_path {masks} --output_path {outputs}"""
folder = "~/MAE-FAR"
hole = "white"
seed = "fixed"

ZITS++ (Cao et al. 2023). Its seed is 123456. It floors to 8 bits too. Without --save_image_only it writes
its intermediate results beside the picture.
[inpainters.zits]
command = """python test.py --config CONFIG --exp_name NAME --ckpt_resume CKPT --wf_ckpt PTH
  --img_dir {images} --mask_dir {masks} --save_path {outputs} --test_size {size} --save_image_only"""
folder = "~/ZITS-PlusPlus"
hole = "white"
seed = "fixed"

Co-Mod-GAN (Zhao et al. 2021). One picture at each start, and no seed.
[inpainters.comod]
command = "python run_generator.py -c PKL -i {image} -m {mask} -o {output}"
folder = "~/co-mod-gan"
hole = "black"

ASUKA (Wang et al. 2025), for FLUX.1-Fill. Its seed is 42; 50 steps, guidance 30; it floors to 8 bits. It
takes no folders of pictures: ASUKA.SH is yours, puts the files where its misato_dataset.py reads them, and
runs test_asuka_flux.py with --result_dir and --resolution. See in the former which colour the hole has.
[inpainters.asuka]
command = "bash ASUKA.SH {images} {masks} {outputs} {size}"
folder = "~/asuka-misato/asuka-flux"
hole = "white"
seed = "fixed"

LanPaint (Zheng et al. 2025; GPL), by LanPaint-diffusers. Without --lp-blend-overlap 1 it blends the picture
into the hole along the border, and floors to 8 bits.
[inpainters.lanpaint]
command = """python run_lanpaint.py --model sd3 --prompt PROMPT --lp-blend-overlap 1 --seed {seed}
  --image {image} --mask {mask} --output {output}"""
folder = "~/LanPaint-diffusers"
hole = "black"
seed = "given"
'''

SERVER_EXAMPLES = """\
[servers.iopaint]                   # riptui run cat.jpg -i iopaint --set model=lama
url = "http://127.0.0.1:8080"
timeout = 300                       # seconds for one picture
reconnect = 60                      # seconds for which a lost connection is tried again

A user and a password, USER:PASSWORD, or a token come from the environment alone: RIPTUI_IOPAINT_AUTH,
RIPTUI_A1111_AUTH, RIPTUI_COMFYUI_AUTH. RIPTUI_IOPAINT_URL and so on go before url.
"""


def comment_out(text: str) -> str:
    """The lines as comments, which a template shows and nobody's settings contain."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
