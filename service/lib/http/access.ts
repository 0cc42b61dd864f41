/** What a caller may do; each role may do what those before it may. */
export const ROLES = ['observer', 'requester', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Whether that role may do what needs the other. */
export const includesRole = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);

/** A route of the API: what it answers to, and who may call it. */
export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With parameters as fastify has them, such as `/v1/captures/:id`. */
  readonly url: string;
  readonly role: Role;
  readonly summary: string;
}

const route = (method: Route['method'], url: string, role: Role, summary: string): Route => ({
  method,
  url,
  role,
  summary,
});

/**
 * All routes. A caller sees and touches the captures of its own app; an operator those of all. GET routes answer to
 * HEAD too.
 */
export const ROUTES = {
  requestCapture: route('PUT', '/v1/captures/:id', 'requester', 'Request a capture; the id is a UUID of the caller'),
  getCapture: route('GET', '/v1/captures/:id', 'observer', 'State, files and report of a capture'),
  listCaptures: route('GET', '/v1/captures', 'observer', 'Captures in the order of their requests, page by page'),
  endCapture: route('DELETE', '/v1/captures/:id', 'requester', 'Cancel a capture, or release its product'),
  ackCapture: route('POST', '/v1/captures/:id/ack', 'requester', 'Say that the product has been taken over'),
  holdCapture: route('POST', '/v1/captures/:id/hold', 'requester', 'Keep the product for longer'),
  getRaw: route('GET', '/v1/captures/:id/raw', 'observer', 'The frame as the camera delivered it'),
  getProduct: route('GET', '/v1/captures/:id/product', 'observer', 'The restored frame'),
  getThumbnail: route('GET', '/v1/captures/:id/thumbnail', 'observer', 'A small picture of the restored frame'),
  getEvents: route('GET', '/v1/events', 'observer', 'Events after a number: at once, by long poll, or as a stream'),
  listCameras: route('GET', '/v1/cameras', 'observer', 'Cameras and how they are'),
  pushFrame: route('PUT', '/v1/cameras/:id/frames', 'requester', 'Deliver a frame to a camera of the kind push'),
  getHealth: route('GET', '/v1/health', 'observer', 'Whether the service lives, is ready, and what is wrong'),
  getTelemetry: route('GET', '/v1/telemetry.bin', 'observer', 'One housekeeping record of 128 bytes'),
  getOpenApi: route('GET', '/v1/openapi.json', 'observer', 'This description'),
  getMetrics: route('GET', '/metrics', 'observer', 'Metrics as OpenMetrics text'),
  getPage: route('GET', '/', 'observer', 'The status page'),
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;

/** The methods that a path answers to; empty where there is no such path. */
export function methodsOf(path: string): string[] {
  const matching = Object.values<Route>(ROUTES).filter(({ url }) => toPattern(url).test(path));
  return matching.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

const toPattern = (url: string): RegExp => new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
