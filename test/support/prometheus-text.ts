import assert from 'node:assert/strict';

export interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly samples: Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * Reads Prometheus' text format 0.0.4, and refuses all that it does not allow: families in pieces, samples before their TYPE,
 * the same series twice, labels that are not escaped, counters that are negative, histograms that do not add up.
 */
export function parsePrometheus(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  let current: [name: string, family: Family] | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') {
      assert.ok(NAME.test(name) && !helps.has(name), `one HELP for ${name}`);
      assert.match(rest, /^\S.*\S$/, line);
      helps.set(name, rest);
    } else if (word === 'TYPE') {
      assert.match(rest, /^(counter|gauge|histogram|summary)$/, line);
      assert.ok(!families.has(name), `one TYPE for ${name}`);
      current = [name, { type: rest as Family['type'], help: helps.get(name) ?? '', samples: [] }];
      families.set(...current);
    } else {
      assert.ok(current && !line.startsWith('#'), `a sample needs its TYPE before it: ${line}`);
      const [family, { type, samples }] = current;
      const sample = parseSample(line);
      const endings = {
        counter: '',
        gauge: '',
        histogram: '(_bucket|_sum|_count)',
        summary: '(_sum|_count)?',
      };
      assert.match(sample.name, new RegExp(`^${family}${endings[type]}$`), `${line} belongs to ${family}`);
      assert.ok(type !== 'counter' || sample.value >= 0, line);
      samples.push(sample);
    }
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function parseSample(line: string): Sample {
  const [, name = '', inner = '', value = ''] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|Nan|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line) ??
    [];
  assert.notEqual(name, '', `a sample: ${line}`);
  const labels: Record<string, string> = {};
  let left = inner;
  while (left !== '') {
    const [all = '', label = '', escaped = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(left) ?? [];
    assert.ok(all !== '' && !(label in labels), `labels of ${line}`);
    labels[label] = escaped.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
    left = left.slice(all.length);
  }
  const number = value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value);
  return { name, labels, value: number };
}

function checkFamily(name: string, { type, help, samples }: Family): void {
  assert.notEqual(help, '', `${name} has a HELP`);
  const series = samples.map((one) => JSON.stringify([one.name, Object.entries(one.labels).sort()]));
  assert.equal(new Set(series).size, series.length, `${name} has each series once`);
  if (name.startsWith('millrace_'))
    assert.equal(
      name.endsWith('_total'),
      type === 'counter',
      `${name}: counters, and only they, end with _total`,
    );
  if (type === 'histogram') for (const one of bySeries(samples)) checkHistogram(name, one);
}

/** Samples of a histogram by all labels but `le`. */
function bySeries(samples: readonly Sample[]): Iterable<Sample[]> {
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const labels = Object.entries(sample.labels).filter(([label]) => label !== 'le');
    const key = JSON.stringify(labels.sort());
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  return series.values();
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const buckets = samples.filter((one) => one.name.endsWith('_bucket'));
  const count = samples.find((one) => one.name.endsWith('_count'));
  assert.equal(buckets.at(-1)?.labels['le'], '+Inf', `${name} ends with all`);
  assert.equal(buckets.at(-1)?.value, count?.value, `${name} counts what it has`);
  for (const [at, bucket] of buckets.entries())
    assert.ok(at === 0 || bucket.value >= buckets[at - 1]!.value, `${name} is cumulative`);
}
