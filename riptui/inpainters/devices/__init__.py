"""Where networks are computed.

device_names      checks of a device's name, without torch
visible_devices   which GPUs CUDA shows to a process; nvidia_smi: which there are
torch_device      device and precision of a network; out_of_memory: whether an error says that a device is full
"""
