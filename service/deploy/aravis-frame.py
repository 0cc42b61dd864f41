#!/usr/bin/env python3
"""Takes one frame of a GigE Vision camera by Aravis and writes it to standard output as a TIFF.

For the driver `exec` of the capture service. Needs Aravis with its GObject bindings (Debian: gir1.2-aravis-0.8,
python3-gi). Mono8, Mono16 and RGB8 are written; other pixel formats are refused by name.
"""

import argparse
import struct
import sys
import time

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis  # noqa: E402

# Channels and bits a sample of the pixel formats of GenICam.
FORMATS = {"Mono8": (1, 8), "Mono16": (1, 16), "RGB8": (3, 8)}
SHORT, LONG = 3, 4
BUFFERS = 3
# Of what has come and was not read yet; the system may allow less (net.core.rmem_max).
SOCKET_BYTES = 4 << 20


def tiff(data: bytes, width: int, height: int, channels: int, bits: int) -> bytes:
    """The samples as a TIFF of one strip without compression."""
    entries = 9
    bits_at = 8 + 2 + 12 * entries + 4
    samples_at = bits_at + 6
    fields = [
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        (258, SHORT, channels, bits if channels == 1 else bits_at),
        (259, SHORT, 1, 1),
        (262, SHORT, 1, 1 if channels == 1 else 2),
        (273, LONG, 1, samples_at),
        (277, SHORT, 1, channels),
        (278, LONG, 1, height),
        (279, LONG, 1, len(data)),
    ]
    head = struct.pack("<2sHIH", b"II", 42, 8, entries)
    directory = b"".join(struct.pack("<HHII", *field) for field in fields)
    return head + directory + struct.pack("<I3H", 0, bits, bits, bits) + data


def take(camera: Aravis.Camera, timeout: float) -> Aravis.Buffer:
    """The next whole frame. One whose packets are lost is let go."""
    if camera.is_gv_device():
        # Packet sockets need a privilege, and do not work on this machine's own network.
        camera.gv_set_stream_options(Aravis.GvStreamOption.PACKET_SOCKET_DISABLED)
    camera.set_acquisition_mode(Aravis.AcquisitionMode.CONTINUOUS)
    stream = camera.create_stream(None, None)
    if camera.is_gv_device():
        stream.set_property("socket-buffer", Aravis.GvStreamSocketBuffer.FIXED)
        stream.set_property("socket-buffer-size", SOCKET_BYTES)
    for _ in range(BUFFERS):
        stream.push_buffer(Aravis.Buffer.new_allocate(camera.get_payload()))
    end = time.monotonic() + timeout
    camera.start_acquisition()
    try:
        while (left := end - time.monotonic()) > 0:
            buffer = stream.timeout_pop_buffer(int(left * 1e6))
            if buffer is None:
                break
            if buffer.get_status() == Aravis.BufferStatus.SUCCESS:
                return buffer
            stream.push_buffer(buffer)
    finally:
        camera.stop_acquisition()
    sys.exit(f"no whole frame came within {timeout} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--camera", help="name of the camera; default: the first one that is found")
    parser.add_argument("--timeout", type=float, default=5, help="seconds until a frame has come")
    parser.add_argument("--fake", action="store_true", help="the camera that Aravis makes up, for tests")
    options = parser.parse_args()
    if options.fake:
        Aravis.enable_interface("Fake")
    camera = Aravis.Camera.new(options.camera)
    name = camera.get_pixel_format_as_string()
    if name not in FORMATS:
        sys.exit(f"the camera delivers {name}; set it to one of {', '.join(FORMATS)}")
    buffer = take(camera, options.timeout)
    channels, bits = FORMATS[name]
    width, height = buffer.get_image_width(), buffer.get_image_height()
    sys.stdout.buffer.write(tiff(buffer.get_data(), width, height, channels, bits))


if __name__ == "__main__":
    main()
