import * as z from 'zod';
import { ApiRefusal } from './parts.ts';

/** What was wrong with a value: the field's name and what is allowed, never the value, which may be a secret. */
export function complaint(issue: z.core.$ZodIssue, schema: z.ZodType): ApiRefusal {
  if (issue.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys.map(shortened);
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const allowed = known.length > 0 ? `; allowed: ${known.join(', ')}` : '';
    return new ApiRefusal(400, `there is no field "${name}" here${allowed}`, name);
  }
  const field = issue.path.map(String).join('.');
  if (field === '') return new ApiRefusal(400, `the body ${demand(issue)}`);
  return new ApiRefusal(400, `${field} ${demand(issue)}`, field);
}

/** Names of fields come from outside and go into an answer. */
const shortened = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name);

/** The rest of the sentence: `must be …`. */
function demand(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return mustBe(issue, kind(issue.expected));
    case 'invalid_value':
      return mustBe(
        issue,
        `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`,
      );
    case 'too_small':
      return `must ${limit(issue.origin)} ${String(issue.minimum)} or more${unit(issue.origin)}`;
    case 'too_big':
      return `must ${limit(issue.origin)} at most ${String(issue.maximum)}${unit(issue.origin)}`;
    default:
      return issue.message;
  }
}

function mustBe({ input }: z.core.$ZodIssue, what: string): string {
  return input === undefined ? `is missing; it must be ${what}` : `must be ${what}`;
}

function kind(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a JSON object',
  };
  return words[expected] ?? expected;
}

const limit = (origin: string): string => (origin === 'string' || origin === 'array' ? 'have' : 'be');
const unit = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
