import Diagnostics
import Foundation
import Synchronization

/// The folder that one run writes: staged beside its final place and moved there when complete.
///
/// A run that fails or is interrupted leaves what was there before untouched, and nothing of its
/// own. A folder that no run of the same executable made is never replaced, nor is one that holds
/// files that the earlier run did not write. An empty folder counts as free.
public final class RunFolder: Sendable {
  /// The final place, absolute.
  public let path: String
  private let staging: String
  private let executable: String
  private let state: Mutex<State>

  private struct State {
    var outputs: [String: Manifest.File] = [:]
    var createdParents: [String] = []
    var isOpen = true
  }

  /// Checks the place and opens the staging folder.
  /// - Parameters:
  ///   - path: the final place; folders above it are made when missing.
  ///   - executable: whose earlier results may be replaced.
  /// - Throws: `FileError.notWritable`.
  public init(at path: String, executable: String) throws {
    let place = Self.resolved(path)
    try Self.checkFree(place, as: path, executable: executable)
    let parents = try Self.createParents(of: place, as: path)
    let url = URL(fileURLWithPath: place)
    let template = url.deletingLastPathComponent().path
    // Random numbers of the system itself: a UUID is all zeros when no more files may be opened.
    let tag = String(UInt32.random(in: .min ... .max), radix: 16)
    staging = "\(template)/.\(url.lastPathComponent).unfinished-\(tag)"
    self.path = place
    self.executable = executable
    state = Mutex(State(createdParents: parents))
    guard mkdir(staging, 0o777) == 0 else {
      let reason = lastSystemError()
      for parent in parents.reversed() { rmdir(parent) }
      throw FileError.notWritable(path: path, reason: reason)
    }
    Self.open.withLock { $0.append(self) }
  }

  /// Looks whether a run could put its folder there, and makes nothing.
  /// - Parameters:
  ///   - path: the final place.
  ///   - executable: whose earlier results may be replaced.
  /// - Throws: `FileError.notWritable`.
  public static func check(_ path: String, executable: String) throws {
    try checkFree(resolved(path), as: path, executable: executable)
  }

  // MARK: Writing

  /// Writes one file, `name` relative to the folder.
  /// - Throws: `FileError.notWritable`; `CancellationError` after `discard()`.
  public func write(_ data: Data, as name: String) throws {
    let digest = SHA256.hexDigest(of: data)
    try add(name) { path in
      try Self.create(path, data)
      return (digest, data.count)
    }
  }

  /// Writes `table` as `name` (`trace.csv`).
  public func write(_ table: CSVTable, as name: String) throws {
    try write(Data(table.text.utf8), as: name)
  }

  /// Lets `body` write one file at the path that it is handed, for contents too large for memory.
  /// `body` must not call this folder.
  public func writeFile(as name: String, _ body: (_ path: String) throws -> Void) throws {
    try add(name) { path in
      try body(path)
      return try SHA256.hexDigest(ofFile: path)
    }
  }

  /// - Parameter write: makes the file, and returns its digest and its size.
  private func add(
    _ name: String, _ write: (_ path: String) throws -> (digest: String, bytes: Int)
  ) throws {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    precondition(
      parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") } && name != "manifest.json",
      "\(name) is no name for a file of a run folder")
    try state.withLock { state in
      guard state.isOpen else { throw CancellationError() }
      precondition(state.outputs[name] == nil, "\(name) is written twice")
      if parts.count > 1 {
        try Self.createFolder(staging + "/" + parts.dropLast().joined(separator: "/"))
      }
      let file = staging + "/" + name
      do {
        let (digest, bytes) = try write(file)
        state.outputs[name] = Manifest.File(path: name, bytes: bytes, sha256: digest)
      } catch let error as any FileNamingError {
        throw error.renamingFile { $0.hasPrefix(staging) ? path + "/" + name : $0 }
      }
    }
  }

  /// The files written so far, by path.
  public var outputs: [Manifest.File] {
    state.withLock { $0.outputs.values.sorted { $0.path < $1.path } }
  }

  // MARK: Ending

  /// Adds `manifest.json` and puts the folder in its place.
  /// - Throws: `FileError.notWritable`; the earlier results are then still there.
  public func commit(_ manifest: Manifest) throws {
    try state.withLock { state in
      guard state.isOpen else { throw CancellationError() }
      var manifest = manifest
      manifest.outputs = state.outputs.values.sorted { $0.path < $1.path }
      try Self.create(staging + "/manifest.json", manifest.json())
      // Somebody may have put something there while the run was at work.
      try Self.checkFree(path, as: path, executable: executable)
      try Self.exchange(staging, path)
      state.isOpen = false
    }
    forget()
  }

  /// Removes what the run has written so far. Safe to call at any time and from any thread.
  public func discard() {
    state.withLock { state in
      guard state.isOpen else { return }
      state.isOpen = false
      try? FileManager.default.removeItem(atPath: staging)
      for parent in state.createdParents.reversed() { rmdir(parent) }
    }
    forget()
  }

  /// The folders that are neither committed nor discarded, for an interrupt to clean up.
  private static let open = Mutex<[RunFolder]>([])

  /// Discards every unfinished folder of this process: the answer to an interrupt.
  public static func discardAll() {
    for folder in open.withLock({ $0 }) { folder.discard() }
  }

  private func forget() { Self.open.withLock { $0.removeAll { $0 === self } } }
}

// MARK: - The file system

extension RunFolder {
  /// The place itself when `path` is a symbolic link to it, without `.` and `..`.
  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
  }

  private static func checkFree(_ place: String, as path: String, executable: String) throws {
    func refuse(_ reason: String) -> FileError { .notWritable(path: path, reason: reason) }
    guard !path.isEmpty, place != "/" else { throw refuse("expected the name of a folder") }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else {
      guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == nil else {
        throw refuse("it is a link to a place that does not exist; make that folder first")
      }
      return
    }
    guard isFolder.boolValue else { throw refuse("expected a folder, found a file") }
    guard let listing = opendir(place) else { throw refuse(lastSystemError()) }
    closedir(listing)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    guard !names.isEmpty else { return }
    guard let manifest = Manifest.of(folder: place) else {
      throw refuse("it holds files that \(executable) did not write; name another folder")
    }
    guard manifest.executable == executable else {
      throw refuse("it holds the results of \(manifest.executable); name another folder")
    }
    let known = Set(manifest.outputs.map(\.path) + ["manifest.json"])
    for name in FileManager.default.enumerator(atPath: place)?.compactMap({ $0 as? String }) ?? [] {
      let isKnown = known.contains(name) || known.contains { $0.hasPrefix(name + "/") }
      let isHidden = name.split(separator: "/").last?.hasPrefix(".") ?? false
      guard isKnown || isHidden else {
        throw refuse("it holds \(name), which \(executable) did not write; name another folder")
      }
    }
  }

  /// Makes the missing folders above `place` and returns them, outermost first.
  private static func createParents(of place: String, as path: String) throws -> [String] {
    var missing: [String] = []
    var parent = URL(fileURLWithPath: place).deletingLastPathComponent()
    while parent.path != "/", !FileManager.default.fileExists(atPath: parent.path) {
      missing.append(parent.path)
      parent.deleteLastPathComponent()
    }
    var created: [String] = []
    for folder in missing.reversed() {
      guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
        let reason = lastSystemError()
        for folder in created.reversed() { rmdir(folder) }
        throw FileError.notWritable(path: path, reason: reason)
      }
      created.append(folder)
    }
    return created
  }

  private static func createFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true)
    } catch { throw FileError.notWritable(path: path, reason: lastSystemError()) }
  }

  private static func create(_ path: String, _ data: Data) throws {
    let file = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw FileError.notWritable(path: path, reason: lastSystemError()) }
    defer { close(file) }
    try data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress
        let count = Foundation.write(file, start, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw FileError.notWritable(path: path, reason: lastSystemError()) }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Puts the folder `staging` at `place`; what was there goes when the new one is in.
  private static func exchange(_ staging: String, _ place: String) throws {
    // Renaming onto an empty or absent folder is one atomic step.
    if rename(staging, place) == 0 { return }
    let isTaken = errno == ENOTEMPTY || errno == EEXIST
    let old = staging + "-old"
    guard isTaken, rename(place, old) == 0 else {
      throw FileError.notWritable(path: place, reason: lastSystemError())
    }
    guard rename(staging, place) == 0 else {
      let reason = lastSystemError()
      rename(old, place)
      throw FileError.notWritable(path: place, reason: reason)
    }
    try? FileManager.default.removeItem(atPath: old)
  }
}
