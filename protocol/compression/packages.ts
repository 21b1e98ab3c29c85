import { createRequire } from 'node:module'
import { unavailable } from './failures.ts'

/** Loads a package when it is first needed, and once: native code costs start-up time and memory. */
export type PackageLoader = (packageName: string) => unknown

const require = createRequire(import.meta.url)
let load: PackageLoader = require

/** Lets a test take packages away. Returns a function that puts things back. */
export function withPackageLoader(loader: PackageLoader): () => void {
  load = loader
  return () => {
    load = require
  }
}

/** @throws ProtocolError UNSUPPORTED_COMPRESSION_TYPE when the package is not installed for this platform */
export function loadPackage<T>(codec: string, packageName: string): T {
  try {
    return load(packageName) as T
  } catch (cause) {
    throw unavailable(codec, packageName, cause)
  }
}

/** Where a package's entry file is; for packages that bring files beside it. */
export function resolvePackage(packageName: string): string {
  return require.resolve(packageName)
}
