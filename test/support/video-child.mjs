// Takes one frame with the options given as JSON, and prints it, or the error, as JSON.
import { captureVideo } from '../../dist/system/index.js';

const { abortAfterMs, ...options } = JSON.parse(/** @type {string} */ (process.argv[2]));
if (abortAfterMs !== undefined) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), abortAfterMs);
  options.signal = controller.signal;
}
try {
  const frame = await captureVideo(options);
  console.log(JSON.stringify({ frame: { ...frame, data: [...frame.data] } }));
} catch (error) {
  const { name, message, code, errno, call } = /** @type {Error & { code: string, errno: string, call: string }} */ (
    error
  );
  console.log(JSON.stringify({ error: { name, message, code, errno, call } }));
}
