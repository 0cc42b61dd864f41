import type { AnyFrameSize, Depth } from '../image/frame.js';
import type { SourceFrame } from '../image/source.js';
import type { Kept } from '../runtime/ledger.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import type { Scope } from '../runtime/scope.js';
import type { OperationName } from './report.js';

/** What an image's header tells before the image is decoded. */
export interface PlannedInput {
  readonly size: AnyFrameSize;
  /** What reading and decoding the image takes, beside the frame itself. */
  readonly buffers: readonly PlannedBuffer[];
  /** Whether pixels may be missing, of which one byte each then says whether they are. */
  readonly isMasked: boolean;
  /** What decoder and encoder take together while the frame is restored; by default what whole files may take. */
  readonly codecBytes?: number;
}

/**
 * What can be done with images, its options being checked: it is planned from the headers, and run under a lease of
 * what was planned.
 */
export interface Operation<Plan extends MemoryPlan, Outcome> {
  readonly name: OperationName;
  /** Bits per sample that it takes. */
  readonly depths: readonly (Depth | 32)[];
  /** Whether the samples may tell what is white, where nothing else does; true. */
  readonly findsWhite?: boolean;
  /** Whether inputs are read twice and compared; false. */
  readonly checksEnds?: boolean;
  /** Bytes of its plan that the ledger counts already, such as the weights of an open model. */
  readonly heldBytes?: number;
  /** Memory that it has kept since it ran last, and that this plan counts; null: none. */
  readonly keptFor?: (plan: Plan) => Kept | null;
  /**
   * In what memory it would work. Decodes nothing. Throws ArgumentError, ImageError, or BudgetError with the budget
   * that suffices.
   */
  plan(inputs: readonly PlannedInput[]): Plan;
  /** Works as planned. The sources are only read. Rejects with PerifocalError or the reason of the scope's signal. */
  run(sources: readonly SourceFrame[], plan: Plan, scope: Scope): Promise<Outcome>;
}
