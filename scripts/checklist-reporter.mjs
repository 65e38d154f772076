/** A node:test reporter for programs: one line of JSON a test. */
export default async function* checklist(source) {
  for await (const { type, data } of source) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    const skipped = data.skip !== undefined && data.skip !== false;
    // Node 20 tells of tests that were not asked for as skipped.
    if (skipped && /test name (does not match|matches) /.test(String(data.skip))) continue;
    const result = type === 'test:fail' ? 'failed' : skipped ? 'skipped' : 'passed';
    const error = data.details?.error;
    yield `${JSON.stringify({
      file: data.file,
      name: data.name,
      result,
      ms: Math.round(data.details?.duration_ms ?? 0),
      ...(result === 'failed' && { why: String(error?.cause?.message ?? error?.message ?? error) }),
    })}\n`;
  }
}
