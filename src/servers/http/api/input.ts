import type { Request } from 'express';
import * as z from 'zod';
import type { Operation } from './operation.ts';
import { ApiRefusal } from './parts.ts';
import { complaint } from './complaint.ts';

/** The parts of JSON Schema that say how the text of a URL is to be read. */
interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
}

const shapes = new WeakMap<z.ZodType, Shape>();

function shapeOf(schema: z.ZodType): Shape {
  let shape = shapes.get(schema);
  if (!shape) {
    shape = z.toJSONSchema(schema, { io: 'input' }) as Shape;
    shapes.set(schema, shape);
  }
  return shape;
}

/** The parts of a request, checked. @throws {ApiRefusal} 400, naming the field and what is allowed */
export function readInput(operation: Operation, request: Request) {
  const { parameters, query, body } = operation;
  return {
    parameters: parameters && check(parameters, request.params),
    query: readQuery(query, request),
    body: readBody(body, request),
  };
}

function readQuery(schema: z.ZodObject | undefined, request: Request): unknown {
  const given = request.query as Readonly<Record<string, unknown>>;
  if (!schema) return undefined; // what nobody asked for does no harm: clients add things against caches
  const { properties = {} } = shapeOf(schema);
  const values = Object.entries(given).map(([name, text]) => [name, fromText(name, text, properties[name])]);
  return check(schema, Object.fromEntries(values));
}

/** A number or a boolean that cannot be read stays text, for the schema to refuse. */
function fromText(name: string, given: unknown, shape: Shape | undefined): unknown {
  if (shape?.type === 'array')
    return [given].flat().flatMap((text) => (typeof text === 'string' && text !== '' ? text.split(',') : []));
  if (Array.isArray(given)) throw new ApiRefusal(400, `${name} must be given once`, name);
  if (typeof given !== 'string') return given;
  if (shape?.type === 'integer' || shape?.type === 'number')
    return /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given;
  if (shape?.type === 'boolean') return given === 'true' ? true : given === 'false' ? false : given;
  return given;
}

function readBody(schema: z.ZodType | undefined, request: Request): unknown {
  const body: unknown = request.body;
  if (!schema) return undefined;
  return check(schema, body ?? {});
}

function check(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw complaint(result.error.issues[0]!, schema);
}
