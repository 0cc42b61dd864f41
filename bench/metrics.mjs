import { fileURLToPath } from 'node:url';
import { metrics } from '../dist/index.js';
import { startPeers } from './python.mjs';

const SCRIPT = fileURLToPath(new URL('metric-peers.py', import.meta.url));
/** What each peer has. */
const PEERS = { skimage: ['psnr', 'ssim'], piq: ['psnr', 'ssim', 'ssimPooled', 'msSsim'] };

/** Grey waves with a texture, the same samples as the peers make. */
function createFrame(width, height, seed) {
  const data = new Uint8Array(width * height);
  for (let index = 0; index < data.length; index += 1) {
    const [x, y] = [index % width, Math.floor(index / width)];
    data[index] = Math.floor(
      110 + 60 * Math.sin(x / 9) * Math.cos(y / 7) + ((x * 7919 + y * 104_729 + seed * 1_299_709) % 256) / 8,
    );
  }
  return { width, height, channels: 1, depth: 8, data };
}

/** @returns {Promise<{ seconds: number, value: number }>} */
async function timeOurs(metric, frame, reference, threads, isa) {
  const begin = performance.now();
  const { values } = await metrics.measure(frame, { reference, metrics: [metric], threads, isa });
  return { seconds: (performance.now() - begin) / 1000, value: values[metric] };
}

/**
 * Every metric of a grey frame on 1 and on `threads` threads, alternately with scikit-image (which has one thread) and
 * piq where they are installed: the fastest of all rounds, and what each finds.
 * @param {{ width: number, height: number, rounds: number, threads: number, isa: string, report: (line: string) => void
 * }} options
 */
export async function benchmarkMetrics({ width, height, rounds, threads, isa, report }) {
  const peers = await startPeers(SCRIPT);
  const [frame, reference] = [createFrame(width, height, 1), createFrame(width, height, 2)];
  const results = [];
  // Waves have no straight edge.
  for (const metric of metrics.METRIC_NAMES.filter((name) => name !== 'mtf50')) {
    report(`metric ${metric}`);
    const best = {};
    const note = (name, { seconds, value }) => {
      best[name] = { seconds: Math.min(seconds, best[name]?.seconds ?? Infinity), value };
    };
    for (let round = 0; round < rounds; round += 1) {
      note('one', await timeOurs(metric, frame, reference, 1, isa));
      note('ours', await timeOurs(metric, frame, reference, threads, isa));
      for (const [peer, known] of Object.entries(PEERS)) {
        if (peers.versions[peer] && known.includes(metric))
          note(peer, await peers.ask({ peer, metric, width, height, threads }));
      }
    }
    results.push({ metric, ...best });
  }
  peers.end();
  return { width, height, isa, threads, versions: peers.versions, results };
}
