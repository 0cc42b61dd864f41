import type { FastifyInstance } from 'fastify';
import type { HttpContext } from '../context.js';
import type { Metrics } from '../metrics.js';
import { healthFor } from '../redact.js';
import { describeApi } from '../schemas/openapi.js';
import type { Tally } from '../tally.js';
import { encodeHousekeeping } from '../telemetry/record.js';
import { takeHousekeeping } from '../telemetry/take.js';
import { register } from './register.js';

/** Health, metrics, housekeeping and the description of the API. */
export function addSystem(app: FastifyInstance, context: HttpContext, tally: Tally, metrics: Metrics): void {
  const description = JSON.stringify(describeApi(context.version));
  let records = 0;
  register(app, 'getHealth', ({ caller }, reply) => {
    const health = healthFor(caller, context.health());
    reply.code(health.ready ? 200 : 503);
    const { store, version } = context;
    return { ...health, clock: store.clock.state, quota: store.quotaOf(caller.app), version };
  });
  register(app, 'getTelemetry', (_call, reply) => {
    reply.type('application/octet-stream');
    return encodeHousekeeping(takeHousekeeping(context, tally, records++));
  });
  register(app, 'getOpenApi', (_call, reply) => reply.type('application/json').send(description));
  register(app, 'getMetrics', async (_call, reply) => {
    reply.type(metrics.contentType);
    return metrics.render();
  });
}
