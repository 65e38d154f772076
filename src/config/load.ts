import { readFileSync } from 'node:fs';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { describeSettings, settingsSchema, type SettingInfo, type Settings } from './schema.ts';

/** The operator's mistake, in one sentence that names key, value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** `{ rtmp: { port: 1935 } }`, possibly incomplete. */
export type SettingsInput = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface SettingSources {
  /** Path of the YAML file, if one was named. */
  readonly file?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** From the command line; wins over everything. */
  readonly flags?: SettingsInput;
}

/** Flags beat environment beats file beats default. @throws {ConfigError} */
export function loadSettings(sources: SettingSources): Settings {
  const infos = new Map(describeSettings().map((info) => [info.key, info]));
  const merged = new Map<string, { value: unknown; from: string }>();
  if (sources.file !== undefined) readFile(sources.file, infos, merged);
  readEnvironment(sources.environment ?? {}, infos, merged);
  for (const [section, group] of Object.entries(sources.flags ?? {})) {
    for (const [name, value] of Object.entries(group)) {
      if (value === undefined) continue;
      const key = `${section}.${name}`;
      if (!infos.has(key)) throw unknownKey(key, infos, 'the command line');
      merged.set(key, { value, from: 'the command line' });
    }
  }
  return check(infos, merged);
}

type Found = Map<string, { value: unknown; from: string }>;
type Infos = ReadonlyMap<string, SettingInfo>;

function readFile(path: string, infos: Infos, found: Found): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read the settings file ${path}: ${reasonOf(error)}`);
  }
  let root: unknown;
  try {
    root = parseYaml(text);
  } catch (error) {
    const where = error instanceof YAMLParseError && error.linePos ? ` line ${error.linePos[0].line}` : '';
    throw new ConfigError(`${path}${where} is not valid YAML: ${reasonOf(error).split('\n')[0] ?? ''}`);
  }
  if (root === null || root === undefined) return;
  if (!isMap(root))
    throw new ConfigError(`${path} must hold sections with settings, such as "rtmp: { port: 1935 }"`);
  for (const [section, group] of Object.entries(root)) {
    const isSection = [...infos.keys()].some((key) => key.startsWith(`${section}.`));
    if (isSection && group === null) continue;
    if (!isSection || !isMap(group)) throw unknownKey(section, infos, path);
    for (const [name, value] of Object.entries(group)) {
      const key = `${section}.${name}`;
      if (!infos.has(key)) throw unknownKey(key, infos, path);
      found.set(key, { value, from: path });
    }
  }
}

/** Kubernetes tells every container where services named `millrace…` are: MILLRACE_RTMP_PORT=tcp://… and the like. */
const isSetByOthers = (variable: string, value: string): boolean =>
  /_PORT_\d+_(TCP|UDP)(_|$)|^MILLRACE_(.*_)?SERVICE_(HOST|PORT)(_|$)/.test(variable) ||
  /^(tcp|udp):\/\//.test(value);

function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  infos: Infos,
  found: Found,
): void {
  const byVariable = new Map([...infos.values()].map((info) => [info.variable, info]));
  const inFile = (variable: string): SettingInfo | undefined => {
    const info = variable.endsWith('_FILE') ? byVariable.get(variable.slice(0, -'_FILE'.length)) : undefined;
    return info?.isSecret === true || info?.isFile === true ? info : undefined;
  };
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('MILLRACE_') || text === undefined || isSetByOthers(variable, text)) continue;
    const from = inFile(variable);
    if (from) {
      const value = from.isFile ? text : readSecret(variable, text);
      found.set(from.key, { value, from: `the environment (${variable})` });
      continue;
    }
    const info = byVariable.get(variable);
    if (!info) {
      throw new ConfigError(
        `unknown setting ${shownVariable(variable, text)} in the environment; allowed: ${nearest(variable, [...byVariable.keys()])}`,
      );
    }
    found.set(info.key, { value: fromText(info, text), from: `the environment (${variable})` });
  }
}

/** A mistyped name may still be that of a secret. */
const shownVariable = (variable: string, text: string): string =>
  /SECRET|TOKEN|KEY|PASS/.test(variable) ? variable : `${variable}=${text}`;

/** Container engines hand secrets over as files; the line's end is not part of them. */
function readSecret(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new ConfigError(`cannot read the file that ${variable} names: ${reasonOf(error)}`);
  }
}

/** Environment variables are text; a number or a boolean that cannot be read stays text, for the schema to refuse. */
function fromText(info: SettingInfo, text: string): unknown {
  const trimmed = text.trim();
  if (info.kind === 'number')
    return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
  if (info.kind === 'boolean') return trimmed === 'true' ? true : trimmed === 'false' ? false : text;
  if (info.kind === 'list') return listFromText(trimmed);
  return text;
}

/** `[a, b]` or JSON; what is not a list stays what it is, for the schema to refuse. */
function listFromText(text: string): unknown {
  if (text === '') return [];
  try {
    return parseYaml(text) as unknown;
  } catch {
    return text;
  }
}

function check(infos: Infos, found: Found): Settings {
  const input: Record<string, Record<string, unknown>> = {};
  for (const [key, { value }] of found) {
    const [section = '', name = ''] = key.split('.');
    (input[section] ??= {})[name] = value;
  }
  const result = settingsSchema.safeParse(input);
  if (result.success) return result.data;
  throw describeIssue(result.error.issues[0]!, infos, found);
}

function describeIssue(issue: z.core.$ZodIssue, infos: Infos, found: Found): ConfigError {
  const key = issue.path.slice(0, 2).join('.');
  const info = infos.get(key);
  const entry = found.get(key);
  if (!info || !entry) return unknownKey(key, infos, entry?.from ?? 'the settings');
  if (issue.path.length > 2) {
    const [index, ...rest] = issue.path.slice(2);
    const where = `${key}[${String(index)}]${rest.map((one) => `.${String(one)}`).join('')}`;
    const what = issue.message.endsWith('received undefined') ? ' is missing' : `: ${issue.message}`;
    return new ConfigError(`${where} in ${entry.from}${what}; allowed: ${info.allowed}`);
  }
  const value = info.isSecret ? 'not allowed' : inWords(entry.value);
  const why = issue.code === 'custom' ? `: ${issue.message}` : '';
  return new ConfigError(`${key} is ${value} in ${entry.from}${why}; allowed: ${info.allowed}`);
}

const LONGEST_SHOWN_VALUE = 200;

/** A value as it may stand in a sentence. YAML can make a list that holds itself, and one of a thousand lines. */
function inWords(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    return 'a value that holds itself';
  }
  return text.length > LONGEST_SHOWN_VALUE ? `${text.slice(0, LONGEST_SHOWN_VALUE)}…` : text;
}

function unknownKey(key: string, infos: Infos, from: string): ConfigError {
  return new ConfigError(`unknown setting "${key}" in ${from}; allowed: ${nearest(key, [...infos.keys()])}`);
}

/** The names that begin alike, or all of them. */
function nearest(wanted: string, names: readonly string[]): string {
  const section = /^(MILLRACE_[A-Z]+|[a-z]+)/.exec(wanted)?.[0] ?? '';
  const alike = names.filter((name) => section !== '' && name.startsWith(section));
  return (alike.length > 0 ? alike : names).join(', ');
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
