// ncc ships no types; this is the part of its interface that the build uses.
declare module '@vercel/ncc' {
  export default function ncc(
    entry: string,
    options: {
      cache: false;
      esm: boolean;
      license: string;
      minify: boolean;
      quiet: boolean;
      transpileOnly: boolean;
      target: string;
    },
  ): Promise<{ code: string; assets: Record<string, { source: string | Uint8Array }> }>;
}
