"""Which model, and where its files are. Imports no torch.

catalogue     the known diffusion models: repositories, licences, sizes; model_names: what else people call a model
locate        find a model's files; hub_cache: the layout of the hub's cache
published_weights   single files that networks of one pass take their weights from; weights_places: where they are
download      download a model; weight_files: which of its files; hub_errors: what can go wrong, in one line
model_parts   the model that parameters name, and its files by its parts
checkpoint    what a folder has; single_file: a model or a VAE in one file; pickled_header: its tensors, if pickled
added_models  other models that are used with one: a prior, a ControlNet
vae_folder    a VAE that is used without a model
preflight     values that cannot work with a checkpoint; scheduler_names: the schedulers that people name
identity      digests of all files that decide pixels; file_digests: each computed once; json_cache: where they are kept
moved_weights find a model whose files were moved; weight_check: compare what a user names with a record
lora_list     the LoRAs that a spec names
verification  whether an installed model would load
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.inpainters.models import added_models as added_models
    from riptui.inpainters.models import checkpoint as checkpoint
    from riptui.inpainters.models import download as download
    from riptui.inpainters.models import identity as identity
    from riptui.inpainters.models import locate as locate
    from riptui.inpainters.models import single_file as single_file
    from riptui.inpainters.models import weight_check as weight_check

__getattr__ = lazy_modules(__name__, feature="a model of the hub", extra="diffusion")
