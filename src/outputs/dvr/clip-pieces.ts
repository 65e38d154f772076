import type { Archive, ArchiveFile, StoredBytes } from '../hls/archive.ts';
import type { LiveSegment } from '../hls/live-segment.ts';
import type { SegmentWindow } from '../hls/window.ts';

/** A segment, or as much as there is of one, that a clip may be made of. */
export interface ClipPiece {
  /** When its first frame was shown, ms since 1970. */
  readonly programDateTime: number;
  /** Ticks. */
  readonly duration: number;
  /** Its first frame can be decoded without others. */
  readonly independent: boolean;
  /** Pieces with the same number have the same initialization segment. */
  readonly init: number;
  /** Bytes that stay in memory as long as it is held. */
  readonly heldBytes: number;
  /** Undefined: it is gone. */
  fetchInit(): Promise<Buffer | undefined>;
  /** It is being read, and is kept until that is over, if that can be helped. */
  hold(): () => void;
  /** Its bytes as they are by now, though it may go on; undefined: it is gone. */
  open(): Promise<StoredBytes | undefined>;
}

/** All that is kept of a rendition, oldest first: its past, its window, and what there is of the running segment. */
export function clipPieces(window: SegmentWindow, archive: Archive): ClipPiece[] {
  const first = window.segments[0] ?? window.running;
  if (!first) return [];
  const past = archive
    .past(first.sequence)
    .map(({ sequence, programDateTime, duration, independent, init }) => ({
      ...{ programDateTime, duration, independent, init },
      ...fromArchive(archive, sequence, init),
    }));
  const live = window.segments.map((segment) => livePiece(segment, archive));
  const { running } = window;
  if (!running || running.parts.length === 0) return [...past, ...live];
  return [...past, ...live, livePiece(running, archive)];
}

/** What the archive has by now is not held in memory for a slow client. */
function livePiece(segment: LiveSegment, archive: Archive): ClipPiece {
  const { sequence, head, duration, init } = segment;
  const { programDateTime, independent } = head;
  const facts = { programDateTime, duration, independent, init: init.number };
  if (archive.keeps(sequence)) return { ...facts, ...fromArchive(archive, sequence, init.number) };
  return { ...facts, ...fromMemory(segment) };
}

type Source = Pick<ClipPiece, 'heldBytes' | 'fetchInit' | 'hold' | 'open'>;

function fromArchive(archive: Archive, sequence: number, init: number): Source {
  return {
    heldBytes: 0,
    fetchInit: async () => {
      const file = await fetched(archive, { kind: 'init', number: init });
      return file?.read(0, file.size);
    },
    hold: () => archive.hold(),
    open: () => fetched(archive, { kind: 'segment', sequence }),
  };
}

function fromMemory(segment: LiveSegment): Source {
  const { size, init } = segment;
  const parts = segment.parts.length; // as it is now: it goes on
  const bytes = (): Buffer =>
    segment.isWhole
      ? segment.bytes.subarray(0, size)
      : Buffer.concat(segment.parts.slice(0, parts).map((part) => part.bytes));
  return {
    heldBytes: size,
    fetchInit: () => Promise.resolve(init.bytes),
    hold: () => () => undefined,
    open: () => Promise.resolve(inMemory(bytes())),
  };
}

function fetched(archive: Archive, what: ArchiveFile): Promise<StoredBytes | undefined> {
  return new Promise((resolve) => {
    const isKept = archive.fetch(what, (file) => {
      resolve('bytes' in file ? inMemory(file.bytes) : file.stored);
    });
    if (!isKept) resolve(undefined);
  });
}

export function inMemory(bytes: Buffer): StoredBytes {
  return { size: bytes.length, read: (from, to) => Promise.resolve(bytes.subarray(from, to)) };
}
