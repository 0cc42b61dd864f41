import { ROUTES } from '../access.js';
import type { Route, RouteName } from '../access.js';
import { STATUS_OF } from '../errors.js';
import { NAMED_SCHEMAS, OPERATIONS } from './operations.js';
import type { Content, Operation } from './operations.js';
import type { Schema } from './schema.js';

/** Errors that any operation can have. */
const COMMON_ERRORS = ['INVALID', 'UNAUTHENTICATED', 'FORBIDDEN', 'RATE', 'BUSY', 'INTERNAL', 'CLOSED'] as const;

/** The API as OpenAPI 3.1, made from the tables of routes, operations and schemas. */
export function describeApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { method, url }: Route = ROUTES[name];
    const path = url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(name) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'perifocal capture service',
      version,
      description: 'HTTP/1.1 over a Unix socket, known by its peer; or over loopback TCP, known by a bearer token.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost', description: 'The Unix socket of the service' }],
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: NAMED_SCHEMAS,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Over TCP only' } },
    },
  };
}

function describeOperation(name: RouteName): object {
  const { role, summary } = ROUTES[name];
  const operation = OPERATIONS[name];
  const { body } = operation;
  return {
    operationId: name,
    summary,
    description: `Needs the role ${role}.`,
    parameters: parametersOf(operation),
    ...(body ? { requestBody: { required: true, description: body.description, content: contentOf(body) } } : {}),
    responses: responsesOf(operation),
  };
}

function parametersOf({ path, query, headers = {} }: Operation): object[] {
  const inPath = Object.entries(propertiesOf(path)).map(([name, schema]) => parameter(name, 'path', schema));
  const inQuery = Object.entries(propertiesOf(query)).map(([name, schema]) => parameter(name, 'query', schema));
  const inHeaders = Object.entries(headers).map(([name, description]) =>
    parameter(name, 'header', { type: 'string', description }),
  );
  return [...inPath, ...inQuery, ...inHeaders];
}

const propertiesOf = (schema: Schema | undefined): Readonly<Record<string, Schema>> =>
  (schema?.properties ?? {}) as Readonly<Record<string, Schema>>;

const parameter = (name: string, place: string, { description, ...schema }: Schema): object => ({
  name,
  in: place,
  required: place === 'path',
  description,
  schema,
});

function responsesOf({ replies, errors }: Operation): object {
  const statuses = new Map<number, string[]>();
  for (const code of [...COMMON_ERRORS, ...errors]) {
    statuses.set(STATUS_OF[code], [...(statuses.get(STATUS_OF[code]) ?? []), code]);
  }
  const failing = [...statuses].map(([status, codes]) => [
    status,
    { description: [...new Set(codes)].join(', '), content: contentOf({ description: '', schema: 'Error' }) },
  ]);
  const replying = Object.entries(replies).map(([status, content]) => [
    status,
    { description: content.description, content: contentOf(content) },
  ]);
  return Object.fromEntries([...failing, ...replying]);
}

function contentOf({ schema, types = [] }: Content): object {
  const json = schema ? { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } : {};
  return { ...json, ...Object.fromEntries(types.map((type) => [type, {}])) };
}
