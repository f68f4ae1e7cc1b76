"""RePaint: sampling that goes back and forth between noise levels, so that a hole comes to fit what is around it.

resampling_scheduler  the noise levels, their jumps, and a step between them
pixel_resampler       paints with it in pixels, by any UNet2DModel: RePaint
latent_resampler      paints with it in the latents of any Stable Diffusion
"""
