"""A diffusion pipeline: loaded with torch and diffusers, and what makes its steps, its speed and its prompts.

diffusion_inpainter  paints with a pipeline, by the calling convention of the inpainters
controlled_inpainter  paints with a ControlNet as well
assembly            the pipeline of a checkpoint; pipeline_tasks: what it is for; components: its parts
single_file_tensors the tensors of a model in one file
loras, embeddings   what is added to it; adapter_file: reads both; lora_layout, lora_family: what a LoRA is for
prompts             encode prompts; weighted_prompts: long ones with weights; prompt_length: how much is cut off
schedulers          set by name, and whether their noise is seeded
gpu_tuning          speed and repeatability; compilation: compiled networks
placement, quantisation    for models that are larger than the GPU's memory
latent_images       8-bit images to what a pipeline takes, and back
"""

import logging

logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # newer CPUs: its import warns of a kernel it can do without
