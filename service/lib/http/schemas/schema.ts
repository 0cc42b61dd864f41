/** A JSON schema of the dialect that OpenAPI 3.1 has (2020-12), as far as it is used here. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

/** An object with these fields and no others. Those in `required` are always there. */
export const object = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema => ({ type: 'object', description, properties, required, additionalProperties: false });

/** An object that always has all of these fields, and no others. */
export const record = (description: string, properties: Readonly<Record<string, Schema>>): Schema =>
  object(description, properties, Object.keys(properties));

export const text = (description: string, keywords: object = {}): Schema => ({
  type: 'string',
  description,
  ...keywords,
});

export const integer = (description: string, minimum: number, maximum: number, keywords: object = {}): Schema => ({
  type: 'integer',
  description,
  minimum,
  maximum,
  ...keywords,
});

export const number = (description: string, keywords: object = {}): Schema => ({
  type: 'number',
  description,
  ...keywords,
});

export const flag = (description: string): Schema => ({ type: 'boolean', description });

export const oneOf = (description: string, values: readonly string[]): Schema => ({
  type: 'string',
  description,
  enum: values,
});

export const list = (description: string, items: Schema, keywords: object = {}): Schema => ({
  type: 'array',
  description,
  items,
  ...keywords,
});

/** The same, or null. */
export function orNull(schema: Schema): Schema {
  if (typeof schema.$ref === 'string') return { anyOf: [schema, { type: 'null' }] };
  const values = schema.enum as readonly unknown[] | undefined;
  return { ...schema, type: [schema.type as string, 'null'], ...(values ? { enum: [...values, null] } : {}) };
}

/** Any JSON. */
export const anything = (description: string): Schema => ({ description });

/** One of the schemas that have names. */
export const named = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const LAST_MILLISECOND = Number.MAX_SAFE_INTEGER;

/** Milliseconds since the epoch. */
export const time = (description: string): Schema =>
  integer(`${description}, in milliseconds since 1970-01-01 UTC`, 0, LAST_MILLISECOND);

export const count = (description: string): Schema => integer(description, 0, Number.MAX_SAFE_INTEGER);
