import { startPublishers } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import { summary } from '../result.ts';
import { costOf, whereToWatch } from './cost.ts';
import { sleep, type Scenario } from './scenario.ts';

const CROWDS = [50, 200, 500, 1_000, 2_000];
/** Kilobytes are 1,000 bytes. */
const GOAL_KB_PER_VIEWER = 60;
const GOAL_SPREAD = 0.2;

/** Does a megabyte cost the same with 50 viewers and with 2,000, and what memory does a viewer take? */
export const scaling: Scenario = {
  name: 'scaling',
  async run(book, { runs, seconds }) {
    const costs = new Map<number, number[]>();
    for (let run = 0; run < runs; run++) {
      for (const count of CROWDS) {
        // A process of its own for each crowd, so that memory is this crowd's.
        const gateway = await startMillrace();
        const publisher = startPublishers({ port: gateway.rtmpPort, count: 1, seconds: 86_400 });
        await publisher.event('publishing');
        await sleep(5_000);
        try {
          const job = { ...whereToWatch('ws', gateway), count, seconds, perSecond: 400 };
          const cost = await costOf(gateway.running, job);
          costs.set(count, [...(costs.get(count) ?? []), cost.msPerMegabyte]);
          book.add(
            { id: `scaling/${count}/cost`, title: `ws, ${count} viewers`, unit: 'ms/MB' },
            cost.msPerMegabyte,
          );
          if (count >= 200) {
            const goal = { kind: 'at most', value: GOAL_KB_PER_VIEWER } as const;
            const row = {
              id: `scaling/${count}/memory`,
              title: `memory per viewer, ${count} viewers`,
              unit: 'kB',
              goal,
            };
            book.add(row, cost.bytesPerViewer / 1000);
          }
        } catch (error) {
          book.skipped.push(`${count} viewers: ${(error as Error).message}`);
        }
        await publisher.stop();
        await gateway.stop();
      }
    }
    const medians = [...costs].map(([count, values]) => ({ count, cost: summary(values).median }));
    const middle = summary(medians.map(({ cost }) => cost)).median;
    for (const { count, cost } of medians) {
      const goal = { kind: 'at most', value: GOAL_SPREAD } as const;
      const row = {
        id: `scaling/${count}/spread`,
        title: `distance from the middle cost, ${count} viewers`,
        unit: '',
        goal,
      };
      book.add(row, Math.abs(cost / middle - 1));
    }
    book.series.push({
      title: 'Cost of a megabyte against viewers (WebSocket-FLV)',
      x: 'viewers',
      y: 'ms CPU per MB',
      xs: medians.map(({ count }) => count),
      lines: [{ name: 'millrace', ys: medians.map(({ cost }) => cost) }],
    });
  },
};
