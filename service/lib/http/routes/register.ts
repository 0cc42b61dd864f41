import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ROUTES } from '../access.js';
import type { Route, RouteName } from '../access.js';
import type { Caller } from '../auth.js';
import { NAMED_SCHEMAS, OPERATIONS } from '../schemas/operations.js';
import type { Schema } from '../schemas/schema.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; known before any handler runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** The route's name; it says the role that is needed. */
    route?: RouteName;
  }
}

/** A request with its parameters, as the schema of its route has checked them. */
export type Call<Path = unknown, Query = unknown, Body = unknown> = FastifyRequest<{
  Params: Path;
  Querystring: Query;
  Body: Body;
}>;

type Handler = (call: Call<never, never, never>, reply: FastifyReply) => unknown;

/** Adds a route of the table, with the schemas of its operation. GET routes answer to HEAD too. */
export function register(app: FastifyInstance, name: RouteName, handler: Handler, bodyLimit?: number): void {
  const { method, url }: Route = ROUTES[name];
  const { path, query, body } = OPERATIONS[name];
  app.route({
    method: method === 'GET' ? ['GET', 'HEAD'] : method,
    url,
    config: { route: name },
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    schema: {
      querystring: query ?? NO_QUERY,
      ...(path ? { params: path } : {}),
      ...(body?.schema ? { body: NAMED_SCHEMAS[body.schema] } : {}),
    },
    preValidation: async (request) => readNumbers(request.query as Record<string, unknown>, query),
    handler: handler as (call: FastifyRequest, reply: FastifyReply) => unknown,
  });
}

const NO_QUERY: Schema = { type: 'object', properties: {}, additionalProperties: false };

/** Numbers and flags of a query, which arrive as text. What is none stays text, for the schema to refuse. */
function readNumbers(query: Record<string, unknown>, schema: Schema | undefined): void {
  const properties = (schema?.properties ?? {}) as Readonly<Record<string, Schema>>;
  for (const [name, { type }] of Object.entries(properties)) {
    const value = query[name];
    if (type === 'integer' && typeof value === 'string' && /^\d{1,15}$/.test(value)) query[name] = Number(value);
    if (type === 'boolean' && (value === 'true' || value === 'false')) query[name] = value === 'true';
  }
}
