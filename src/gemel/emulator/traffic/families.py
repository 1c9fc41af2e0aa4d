"""Which families of traffic are there?"""

from collections.abc import Callable

from gemel.emulator.traffic.base import AbstractTraffic
from gemel.emulator.traffic.files import Files, ngmn_files
from gemel.emulator.traffic.full_buffer import FullBuffer
from gemel.emulator.traffic.telegrams import control, sensor
from gemel.emulator.traffic.video import Video
from gemel.emulator.traffic.voice import Voice
from gemel.emulator.traffic.web import web

TRAFFIC: dict[str, Callable[[], AbstractTraffic]] = {
    "full_buffer": FullBuffer,
    "ftp3": Files,
    "ftp_ngmn": ngmn_files,
    "web": web,
    "video": Video,
    "voice": Voice,
    "sensor": sensor,
    "control": control,
}
