import type { Deconvolution } from '../deconvolve/deconvolution.js';
import type { DeconvolutionReport } from '../deconvolve/report.js';
import type { EstimatedPsf } from '../estimate/psf.js';
import { copySamples } from '../image/frame.js';
import type { NetworkReport, NetworkRestoration } from '../network/network-restoration.js';
import type { OperationReport } from '../operation/report.js';
import type { RestorationTask, Restored, SceneSurvey, WindowRestoration } from '../restoration/restoration.js';
import type { Scope } from '../runtime/scope.js';
import type { ChosenMethod, ChosenPlan } from './chosen-plan.js';
import { withMemory } from './chosen-plan.js';
import type { LeftReport } from './chosen-report.js';

/** What any of the means reports. */
export type WayReport = NetworkReport | DeconvolutionReport | LeftReport;
type Base = OperationReport<WayReport['plan']>;

/** Chosen means at work: on a frame, or on the windows of a scene. */
export interface Way {
  run(task: RestorationTask, plan: ChosenPlan, scope: Scope): Promise<Restored<WayReport>>;
  survey(survey: SceneSurvey<WayReport>, scope: Scope): Promise<WindowRestoration<WayReport>>;
}

/** What restores by plans of its own. */
interface Own<Report extends WayReport> {
  readonly planOf: (plan: ChosenPlan) => Report['plan'];
  readonly run: (task: RestorationTask, plan: Report['plan'], scope: Scope) => Promise<Restored<Report>>;
  readonly survey: (survey: SceneSurvey<Report>, scope: Scope) => Promise<WindowRestoration<Report>>;
}

/** Through the network. */
export function byNetwork(network: NetworkRestoration): Way {
  return wayOf<NetworkReport>({
    planOf: (plan) => plan.network!,
    run: (task, plan, scope) => network.run(task, plan, scope),
    survey: () => network.survey(),
  });
}

/** @param estimated the kernel, where it was not given */
export function byDeconvolution(
  deconvolution: Deconvolution,
  method: ChosenMethod,
  estimated: EstimatedPsf | null,
): Way {
  return wayOf<DeconvolutionReport>({
    planOf: (plan) => plan.deconvolution![method],
    run: (task, plan, scope) => deconvolution.run(task, plan, scope, estimated),
    survey: (survey, scope) => deconvolution.survey(survey, scope, estimated),
  });
}

/** As it is. */
export const LEAVE: Way = {
  run: async ({ frame }) => ({ data: copySamples(frame.data), report: left }),
  survey: async () => ({
    continuation: 'level',
    run: async ({ frame }) => copySamples(frame.data),
    report: left,
  }),
};

const left = (base: Base): LeftReport => ({ ...base, operation: 'restore', method: 'none' });

function wayOf<Report extends WayReport>({ planOf, run, survey }: Own<Report>): Way {
  const inOwn = (base: Base): OperationReport<Report['plan']> => ({
    ...base,
    plan: withMemory(planOf(base.plan as ChosenPlan), base.plan),
  });
  return {
    async run(task, plan, scope) {
      const { data, report } = await run(task, planOf(plan), scope);
      return { data, report: (base) => report(inOwn(base)) };
    },
    async survey({ samples, plan }, scope) {
      const found = await survey({ samples, plan: planOf(plan as ChosenPlan) }, scope);
      return {
        continuation: found.continuation,
        run: (task, window, windowScope) => found.run(task, planOf(window as ChosenPlan), windowScope),
        report: (base) => found.report(inOwn(base)),
      };
    },
  };
}
