/** The runtime that a native part must fit. */
export interface Runtime {
  readonly platform: string;
  readonly arch: string;
  /** Undefined where the C library is not glibc: musl on Linux, and everywhere else. */
  readonly glibcVersion: string | undefined;
}

/** The running process's own. Node's diagnostic report names the glibc that it was linked with, and nothing on musl. */
export function currentRuntime(): Runtime {
  const report: unknown = process.report.getReport();
  return { platform: process.platform, arch: process.arch, glibcVersion: glibcVersionOf(report) };
}

/** The glibc that a diagnostic report names. */
export function glibcVersionOf(report: unknown): string | undefined {
  if (typeof report !== 'object' || report === null || !('header' in report)) return undefined;
  const { header } = report;
  if (typeof header !== 'object' || header === null || !('glibcVersionRuntime' in header)) return undefined;
  return typeof header.glibcVersionRuntime === 'string' ? header.glibcVersionRuntime : undefined;
}

/** The name under which builds for a runtime are pinned, such as `linux-x64-musl`. */
export function platformOf({ platform, arch, glibcVersion }: Runtime): string {
  return `${platform}-${arch}${platform === 'linux' && glibcVersion === undefined ? '-musl' : ''}`;
}
