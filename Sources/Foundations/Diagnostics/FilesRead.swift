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

  /// The size of the file.
  public var byteCount: Int {
    switch contents {
    case .bytes(let data): return data.count
    case .descriptor(let handle):
      var status = stat()
      return fstat(handle.fileDescriptor, &status) == 0 ? Int(status.st_size) : 0
    }
  }
}

/// The files that a piece of work reads, told by whatever opens them: a run can then say of each what
/// it held, and no command can forget one.
public enum FilesRead {
  fileprivate static let hearing = Hearing<FileRead>(
    key: "Diagnostics.FilesRead", reachesOutside: true)

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

extension Listener {
  /// Hears of each file that is opened, inside of other such listeners as well.
  /// - Parameter hear: takes a file; it may be told the same one more than once.
  public static func files(_ hear: @escaping (FileRead) -> Void) -> Listener {
    FilesRead.hearing.listener(hear)
  }
}
