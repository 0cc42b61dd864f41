import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ModelError } from '../../runtime/errors.js';

const MODELS_FOLDER = fileURLToPath(new URL('../../../models/', import.meta.url));
const EXTENSION = '.safetensors';

/** The packaged model that is used where none is named. */
export const DEFAULT_MODEL = 'eo-defocus-small';

/** Names of the packaged models, sorted. */
export async function listModels(): Promise<string[]> {
  const files = await readdir(MODELS_FOLDER).catch(() => [] as string[]);
  return files
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .sort();
}

/**
 * The path of a packaged model by name, or of any model file: what holds a path separator or ends in `.safetensors`
 * is a path. Throws ModelError with the names that exist.
 */
export async function resolveModel(nameOrPath: string): Promise<string> {
  if (/[/\\]/.test(nameOrPath) || nameOrPath.endsWith(EXTENSION)) return nameOrPath;
  const names = await listModels();
  if (!names.includes(nameOrPath)) {
    throw new ModelError(
      'MODEL_UNKNOWN',
      `Unknown model '${nameOrPath}'; packaged models: ${names.join(', ') || 'none'}. A file is named by its path.`,
    );
  }
  return `${MODELS_FOLDER}${nameOrPath}${EXTENSION}`;
}
