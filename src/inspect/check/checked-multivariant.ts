import { resolve, type Variant } from '../playlist.ts';
import { readAttributes, unquoted } from './attributes.ts';
import type { PlaylistLine } from './lines.ts';

export interface CheckedVariant extends Variant {
  /** URIs of the playlists in the groups that AUDIO and VIDEO name: part of what CODECS speaks of. */
  readonly renditions: readonly string[];
}

export interface CheckedMultivariant {
  readonly kind: 'multivariant';
  readonly variants: readonly CheckedVariant[];
  /** Variants' and renditions' playlists, each once. */
  readonly playlists: readonly { readonly uri: string; readonly url: URL }[];
}

/** Throws InspectError for a URI that cannot be one. */
export function readMultivariant(lines: readonly PlaylistLine[], url: URL): CheckedMultivariant {
  const variants: { variant: Variant; groups: string[] }[] = [];
  const uris: string[] = [];
  const members: { group: string; uri: string }[] = [];
  let attributes: ReadonlyMap<string, string> | undefined;
  for (const line of lines) {
    if (line.kind === 'uri') {
      const groups = ['AUDIO', 'VIDEO'].map((type) => `${type}=${attributes?.get(type) ?? ''}`);
      variants.push({ variant: variantOf(line.uri, url, attributes ?? new Map()), groups });
      uris.push(line.uri);
      attributes = undefined;
    } else if (line.name === 'EXT-X-STREAM-INF') attributes = readAttributes(line.value).values;
    else if (line.name === 'EXT-X-MEDIA') {
      const { values } = readAttributes(line.value);
      const uri = unquoted(values.get('URI'));
      if (uri === undefined) continue;
      uris.push(uri);
      members.push({ group: `${values.get('TYPE') ?? ''}=${values.get('GROUP-ID') ?? ''}`, uri });
    }
  }
  const playlists = [...new Set(uris)].map((uri) => ({ uri, url: resolve(uri, url) }));
  const withRenditions = variants.map(({ variant, groups }) => ({
    ...variant,
    renditions: members.filter(({ group }) => groups.includes(group)).map(({ uri }) => uri),
  }));
  return { kind: 'multivariant', variants: withRenditions, playlists };
}

function variantOf(uri: string, base: URL, attributes: ReadonlyMap<string, string>): Variant {
  const number = (name: string): number | undefined => {
    const value = Number(unquoted(attributes.get(name)) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const [width, height] = (attributes.get('RESOLUTION') ?? '').split('x').map(Number);
  return {
    uri,
    url: resolve(uri, base),
    bandwidth: number('BANDWIDTH'),
    averageBandwidth: number('AVERAGE-BANDWIDTH'),
    codecs: unquoted(attributes.get('CODECS')),
    width: width || undefined,
    height: height || undefined,
    frameRate: number('FRAME-RATE'),
  };
}
