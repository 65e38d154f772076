export interface BuiltFile {
  readonly name: string;
  readonly bytes: number;
  /** As it travels: gzipped, except fonts, which are compressed already. */
  readonly gzipBytes: number;
}

export interface FirstLoad {
  readonly files: readonly string[];
  readonly gzipBytes: number;
}

export interface BuiltPage {
  readonly files: readonly BuiltFile[];
  readonly firstLoad: { readonly home: FirstLoad; readonly watch: FirstLoad };
}

/** Builds the page into `outDir`: `index.html`, and `assets/` with a hash in every name. */
export declare function buildPage(outDir: string): Promise<BuiltPage>;
