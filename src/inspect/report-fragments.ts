/** What the report of a playlist has of fragmented MP4 and of low latency. Names and units are as stable as those in report.ts. */

/** An initialization section. */
export interface MapReport extends Mp4Facts {
  readonly uri: string;
  readonly bytes: number;
}

/** What the boxes say. */
export interface Mp4Facts {
  /** Of ftyp, the major one first. */
  readonly brands: readonly string[];
  readonly tracks: readonly Mp4TrackFacts[];
}

export interface Mp4TrackFacts {
  readonly trackId: number;
  /** `vide`, `soun`, … */
  readonly handler: string;
  /** Type of the sample entry: `avc1`. */
  readonly entry: string;
  readonly timescale: number;
}

/** Low-Latency HLS as the playlist offers it. */
export interface LowLatencyReport {
  readonly partTargetSeconds?: number | undefined;
  readonly partHoldBackSeconds?: number | undefined;
  readonly holdBackSeconds?: number | undefined;
  readonly canSkipUntilSeconds?: number | undefined;
  readonly canBlockReload: boolean;
  /** Parts that were listed while it was followed, and the shortest and longest of them. */
  readonly parts: number;
  readonly shortestPartSeconds?: number | undefined;
  readonly longestPartSeconds?: number | undefined;
  /** Of them with INDEPENDENT=YES. */
  readonly independentParts: number;
  /** The last load promised a part to come. */
  readonly preloadHint: boolean;
  /** Playlists that the last load told the state of. */
  readonly renditionReports: number;
}

/** How old the newest media were when their playlist came, in seconds; by the clocks of both machines. */
export interface DelayReport {
  /** By EXT-X-PROGRAM-DATE-TIME, of the end of the playlist: of each load. */
  readonly byDate?: { readonly least: number; readonly most: number } | undefined;
  /** By prft boxes, of the end of the fragment behind each, when it had been fetched. */
  readonly byReference?: { readonly least: number; readonly most: number } | undefined;
  /** Least delay plus the distance from the end at which players are told to begin. */
  readonly atHoldBack?: number | undefined;
}
