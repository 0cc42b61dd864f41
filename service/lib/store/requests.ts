import type { Capture } from '../capture/capture.js';
import { newCapture } from '../capture/new-capture.js';
import type { CheckedRequest } from '../capture/request.js';
import { ConflictError, FullError, ServiceError } from '../errors.js';
import { admit } from './admission.js';
import type { Context } from './context.js';
import { recordOf } from './records-of.js';

/** Takes a request, or finds it again. */
export async function takeRequest(
  context: Context,
  app: string,
  id: string,
  checked: CheckedRequest,
): Promise<{ readonly capture: Capture; readonly outcome: 'created' | 'same' }> {
  const entry = context.catalogue.find(id);
  if (entry) {
    const { capture } = await recordOf(context, entry);
    if (capture.app === app && capture.requestSha256 === checked.sha256) return { capture, outcome: 'same' };
    const whose = capture.app === app ? 'another request' : 'a request of another app';
    throw new ConflictError(`The id ${id} stands for ${whose} already: choose a new one`);
  }
  refuseWhereUnwritable(context);
  const now = context.clock.moment();
  const [change] = await context.ledger.commit((order) => {
    // Asked here, where no other request can come in between.
    admit(context, app, checked.request);
    const capture = newCapture(order, app, id, checked, now);
    const event = { type: 'requested', detail: { camera: checked.request.camera } } as const;
    return [{ record: { capture, manifestBytes: 0 }, event, untidy: false }];
  });
  return { capture: change!.record.capture, outcome: 'created' };
}

function refuseWhereUnwritable({ problems }: Context): void {
  const [full, broken] = [problems.get('full'), problems.get('database')];
  if (full !== undefined) throw new FullError(`The store takes no requests: ${full}`);
  if (broken !== undefined) throw new ServiceError('UNWRITABLE', `The store takes no requests: ${broken}`);
}
