/** One attribute list taken apart: RFC 8216 §4.2. */
export interface AttributeList {
  /** Values as written, quotes and all; the first where a name stands twice. */
  readonly values: ReadonlyMap<string, string>;
  /** What is wrong with it, in words. */
  readonly problems: readonly string[];
}

/** AttributeName=AttributeValue; a value in quotes may hold commas. */
const ATTRIBUTE = /^([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s][^",\s]*)(?:,|$)/;

export function readAttributes(text: string): AttributeList {
  const values = new Map<string, string>();
  const problems: string[] = [];
  let rest = text;
  while (rest !== '') {
    const match = ATTRIBUTE.exec(rest);
    if (!match) {
      problems.push(`it cannot be read from "${rest.slice(0, 40)}" on`);
      break;
    }
    const [whole, name, value] = match as unknown as [string, string, string];
    if (values.has(name)) problems.push(`${name} stands twice`);
    else values.set(name, value);
    rest = rest.slice(whole.length);
    if (rest === '' && whole.endsWith(',')) problems.push('it ends with a comma');
  }
  return { values, problems };
}

/** The forms that a value may have: RFC 8216 §4.2. */
const FORMS = {
  'a decimal integer': /^\d{1,20}$/,
  'a decimal number': /^\d+(\.\d+)?$/,
  'a signed decimal number': /^-?\d+(\.\d+)?$/,
  'a quoted string': /^"[^"\r\n]*"$/,
  'a word without quotes': /^[^",\s]+$/,
  WIDTHxHEIGHT: /^\d+x\d+$/,
  YES: /^YES$/,
  'a hexadecimal number': /^0[xX][0-9A-Fa-f]+$/,
} as const;

type Form = keyof typeof FORMS;

/** What each attribute that we know must look like: RFC 8216 §4.3.2.4, §4.3.2.5, §4.3.4.1 to §4.3.4.3, §4.3.5.2. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  'EXT-X-STREAM-INF': {
    BANDWIDTH: 'a decimal integer',
    'AVERAGE-BANDWIDTH': 'a decimal integer',
    CODECS: 'a quoted string',
    RESOLUTION: 'WIDTHxHEIGHT',
    'FRAME-RATE': 'a decimal number',
    'HDCP-LEVEL': 'a word without quotes',
    'VIDEO-RANGE': 'a word without quotes',
    AUDIO: 'a quoted string',
    VIDEO: 'a quoted string',
    SUBTITLES: 'a quoted string',
  },
  'EXT-X-I-FRAME-STREAM-INF': {
    BANDWIDTH: 'a decimal integer',
    'AVERAGE-BANDWIDTH': 'a decimal integer',
    CODECS: 'a quoted string',
    RESOLUTION: 'WIDTHxHEIGHT',
    URI: 'a quoted string',
  },
  'EXT-X-MEDIA': {
    TYPE: 'a word without quotes',
    URI: 'a quoted string',
    'GROUP-ID': 'a quoted string',
    LANGUAGE: 'a quoted string',
    NAME: 'a quoted string',
    DEFAULT: 'a word without quotes',
    AUTOSELECT: 'a word without quotes',
    FORCED: 'a word without quotes',
    'INSTREAM-ID': 'a quoted string',
    CHARACTERISTICS: 'a quoted string',
    CHANNELS: 'a quoted string',
  },
  'EXT-X-KEY': {
    METHOD: 'a word without quotes',
    URI: 'a quoted string',
    IV: 'a hexadecimal number',
    KEYFORMAT: 'a quoted string',
    KEYFORMATVERSIONS: 'a quoted string',
  },
  'EXT-X-MAP': { URI: 'a quoted string', BYTERANGE: 'a quoted string' },
  'EXT-X-START': { 'TIME-OFFSET': 'a signed decimal number', PRECISE: 'a word without quotes' },
  // RFC 8216bis §4.4.3.7, §4.4.3.8, §4.4.4.9, §4.4.5.2 to §4.4.5.4
  'EXT-X-PART-INF': { 'PART-TARGET': 'a decimal number' },
  'EXT-X-SERVER-CONTROL': {
    'CAN-BLOCK-RELOAD': 'YES',
    'CAN-SKIP-UNTIL': 'a decimal number',
    'CAN-SKIP-DATERANGES': 'YES',
    'HOLD-BACK': 'a decimal number',
    'PART-HOLD-BACK': 'a decimal number',
  },
  'EXT-X-PART': {
    URI: 'a quoted string',
    DURATION: 'a decimal number',
    INDEPENDENT: 'YES',
    BYTERANGE: 'a quoted string',
    GAP: 'YES',
  },
  'EXT-X-SKIP': { 'SKIPPED-SEGMENTS': 'a decimal integer', 'RECENTLY-REMOVED-DATERANGES': 'a quoted string' },
  'EXT-X-PRELOAD-HINT': {
    TYPE: 'a word without quotes',
    URI: 'a quoted string',
    'BYTERANGE-START': 'a decimal integer',
    'BYTERANGE-LENGTH': 'a decimal integer',
  },
  'EXT-X-RENDITION-REPORT': {
    URI: 'a quoted string',
    'LAST-MSN': 'a decimal integer',
    'LAST-PART': 'a decimal integer',
  },
};

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'EXT-X-I-FRAME-STREAM-INF': ['BANDWIDTH', 'URI'],
  'EXT-X-MEDIA': ['TYPE', 'GROUP-ID', 'NAME'],
  'EXT-X-KEY': ['METHOD'],
  'EXT-X-MAP': ['URI'],
  'EXT-X-START': ['TIME-OFFSET'],
  'EXT-X-PART-INF': ['PART-TARGET'],
  'EXT-X-PART': ['URI', 'DURATION'],
  'EXT-X-SKIP': ['SKIPPED-SEGMENTS'],
  'EXT-X-PRELOAD-HINT': ['TYPE', 'URI'],
  'EXT-X-RENDITION-REPORT': ['URI'],
};

/** What is wrong with the attributes of such a tag; nothing for tags without a list. */
export function attributeProblems(tag: string, text: string): string[] {
  const forms = KNOWN[tag];
  if (!forms) return [];
  const { values, problems } = readAttributes(text);
  const missing = (REQUIRED[tag] ?? []).filter((name) => !values.has(name) && problems.length === 0);
  const misshapen = [...values].filter(([name, value]) => forms[name] && !FORMS[forms[name]].test(value));
  return [
    ...problems,
    ...missing.map((name) => `${name} is missing`),
    ...misshapen.map(([name, value]) => `${name} is ${value.slice(0, 40)}, not ${forms[name]!}`),
  ];
}

/** Without its quotes. */
export function unquoted(value: string | undefined): string | undefined {
  return value?.replace(/^"(.*)"$/, '$1');
}
