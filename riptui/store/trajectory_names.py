"""What the folder of a trajectory is called, from its spec."""

from riptui import inpainters
from riptui.inpainters.parameters import ADDED_MODELS
from riptui.spec import Spec
from riptui.spec_words import abbreviate
from riptui.store.names import older_slug, slugify


def name_trajectory(spec: Spec) -> str:
    """The name of a trajectory: mask, seed, and every setting that is not the default, e.g. m128-s0-telea."""
    return slugify(_describe(spec))


def name_trajectory_twice(spec: Spec) -> tuple[str, str]:
    """The name of a trajectory, and the one that older releases, whose names had ASCII letters only, gave it."""
    text = _describe(spec)
    return slugify(text), older_slug(text)


def _describe(spec: Spec) -> str:
    parts = [spec.order if spec.masks else f"m{spec.mask}", f"s{spec.seed}"]
    defaults = inpainters.complete_parameters(spec.inpainter, {})
    changed = {key: value for key, value in spec.parameters.items() if value != defaults.get(key)}
    # a checkpoint of the user's: its name says more than "diffusion"
    has_model = "model" in spec.parameters
    model = str(changed.pop("model" if has_model else "vae", "")).rpartition("/")[2]
    model = model.removesuffix(".safetensors").removesuffix(".ckpt")
    changed.pop("config", None)  # a path
    changed |= {key: str(changed[key]).rpartition("/")[2] for key in ADDED_MODELS if key in changed}
    if spec.inpainter == inpainters.TEXT_TO_IMAGE:
        changed.pop("prompt", None)  # the name of the folder
    is_server = inpainters.find_inpainter(spec.inpainter).is_server  # lama of a server is another than lama
    if has_model and model and not is_server:
        parts.append(model)
    elif spec.inpainter != inpainters.DEFAULT_INPAINTER:
        parts += [spec.inpainter, *filter(None, [model])]
    parts += [f"{key}{abbreviate(value)}" for key, value in changed.items()]
    if spec.order != "replacement" and not spec.masks:
        parts.append(spec.order)
    if spec.amount != (100 if spec.inpainter == inpainters.TEXT_TO_IMAGE else 400):
        parts.append(f"a{spec.amount:.12g}")
    if spec.size != 512:
        parts.append(f"{spec.size}px")
    if spec.fit != "bands":
        parts.append(spec.fit)
    parts += spec.interventions
    return "-".join(parts)
