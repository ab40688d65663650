import Foundation

/// A file that was opened to be read, with a hold on what was in it at that moment.
public struct FileRead: Sendable {
  /// Where the bytes are that were read.
  public enum Contents: Sendable {
    /// In memory: those that were decoded.
    case bytes(Data)
    /// Behind a descriptor of the file that was opened, whatever is put in its place later.
    case descriptor(FileHandle)
  }

  /// As it was opened.
  public let path: String
  /// What was read.
  public let contents: Contents
}

/// The files that a piece of work reads, told by whatever opens them: a run can then say of each what
/// it held, and no command can forget one.
public enum FilesRead {
  private static let hearing = Hearing<FileRead>(
    key: "Diagnostics.FilesRead", reachesOutside: true)

  /// Does `work`; each file that it opens on this thread is told to `listener`, and to whoever listens
  /// outside.
  /// - Parameters:
  ///   - listener: takes a file; it may be told the same one more than once.
  ///   - work: what is listened to.
  /// - Throws: what `work` throws.
  public static func heard<Result>(
    by listener: @escaping (FileRead) -> Void, in work: () throws -> Result
  ) rethrows -> Result { try hearing.heard(by: listener, in: work) }

  /// Tells that a file was read into memory.
  public static func tell(_ path: String, _ bytes: Data) {
    hearing.tell(FileRead(path: path, contents: .bytes(bytes)))
  }

  /// Tells that a file was opened; the descriptor may be closed afterwards.
  public static func tell(_ path: String, descriptor: Int32) {
    hearing.tell(
      FileRead(
        path: path,
        contents: .descriptor(
          FileHandle(fileDescriptor: fcntl(descriptor, F_DUPFD_CLOEXEC, 3), closeOnDealloc: true))))
  }
}
