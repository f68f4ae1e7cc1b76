"""Servers that inpaint, as inpainters: each picture is an HTTP request.

server_infos      their names, their parameters, and why one cannot be used
server_place      where one is, by the environment and the settings, and the credentials
server_check      whether one answers and is what is asked for
server_inpainter  the inpainter that asks one
inpainting_api    what the inpainter needs of each kind of server
iopaint, webui, comfyui   the kinds; comfyui_workflow: a workflow and its named inputs
connection        HTTP: what is an answer, and what is tried again
json_object       a parameter that is a JSON object
waiting           asynchronous code, called from code that is not
"""

from riptui.lazy_modules import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.inpainters.servers import server_check as server_check

__getattr__ = lazy_modules(__name__)
