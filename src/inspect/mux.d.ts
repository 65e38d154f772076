/** The parts of mux.js 7 that `inspect` uses; the package has no types of its own. */

declare module 'mux.js/lib/m2ts/m2ts.js' {
  /** mux.js's own event stream: what is pushed in comes out as events, changed. */
  interface MuxStream<Events> {
    on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void;
    push(input: unknown): void;
    flush(): void;
    reset(): void;
    pipe<Next>(next: Next): Next;
  }

  export interface PesEvent {
    readonly type: 'video' | 'audio' | 'timed-metadata';
    /** The PID; absent where the packet could not be read. */
    readonly trackId: number;
    /** 33 bits; absent where the PES header carries no time. */
    readonly pts?: number;
    readonly dts?: number;
    readonly data: Uint8Array;
  }
  export interface PmtEvent {
    readonly type: 'metadata';
    readonly tracks: readonly { readonly id: number; readonly codec: string; readonly type: string }[];
  }

  const m2ts: {
    readonly TransportPacketStream: new () => MuxStream<{ data: Uint8Array }>;
    readonly TransportParseStream: new () => MuxStream<{ data: unknown }> & { readonly pmtPid?: number };
    readonly ElementaryStream: new () => MuxStream<{ data: PesEvent | PmtEvent }>;
  };
  export default m2ts;
}

declare module 'mux.js/lib/m2ts/probe.js' {
  const probe: {
    /** PID → stream_type; undefined for a table that is not yet in force. */
    parsePmt(packet: Uint8Array): Record<string, number> | undefined;
  };
  export default probe;
}

declare module 'mux.js/lib/codecs/h264.js' {
  export interface NalEvent {
    readonly nalUnitTypeCode: number;
    readonly data: Uint8Array;
    /** Only on a sequence parameter set. */
    readonly config?: {
      readonly profileIdc: number;
      readonly profileCompatibility: number;
      readonly levelIdc: number;
      readonly width: number;
      readonly height: number;
    };
  }
  const h264: {
    readonly H264Stream: new () => {
      on(name: 'data', listener: (nal: NalEvent) => void): void;
      push(pes: unknown): void;
      flush(): void;
      reset(): void;
    };
  };
  export default h264;
}

declare module 'mux.js/lib/codecs/adts.js' {
  export interface AdtsEvent {
    readonly pts: number;
    readonly dts: number;
    readonly sampleCount: number;
    readonly audioobjecttype: number;
    readonly channelcount: number;
    /** Absent for a reserved sampling frequency index. */
    readonly samplerate?: number;
    readonly data: Uint8Array;
  }
  const AdtsStream: new () => {
    on(name: 'data', listener: (frame: AdtsEvent) => void): void;
    on(name: 'log', listener: (event: { readonly level: string; readonly message: string }) => void): void;
    push(pes: unknown): void;
    flush(): void;
    reset(): void;
  };
  export default AdtsStream;
}

declare module 'mux.js/lib/mp4/probe.js' {
  const probe: {
    /** track_ID → timescale of an initialization section. */
    timescale(init: Uint8Array): Readonly<Record<string, number>> | null;
    /** The earliest decode time of a segment in seconds. */
    startTime(timescales: Readonly<Record<string, number>>, segment: Uint8Array): number;
  };
  export default probe;
}
