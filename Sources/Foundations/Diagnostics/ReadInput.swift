import Foundation

/// Reads a whole file that a person named: a regular file, or what is piped in through `/dev/stdin` and
/// `/dev/fd`, as a shell's `<(command)` is. A pipe with a name of its own is refused, since whoever opens
/// it waits for another program.
/// - Parameters:
///   - path: the file.
///   - expected: what the file should be, in words, for the error ("a PNG image").
///   - limit: the most bytes that will be read.
/// - Throws: `FileError`.
public func readInput(_ path: String, expecting expected: String, limit: Int) throws -> Data {
  func refusal() -> FileError {
    .notReadable(path: path, reason: lastSystemError())
  }
  // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
  let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw errno == ENOENT || errno == ENOTDIR ? FileError.missing(path: path) : refusal()
  }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw refusal() }
  switch status.st_mode & S_IFMT {
  case S_IFREG: break
  case S_IFDIR: throw FileError.isFolder(path: path, expected: expected)
  case S_IFIFO where isOpenAlready(path):
    // Reading does wait, for what is still to be written.
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
  case let kind:
    let found = kind == S_IFIFO ? "a named pipe" : "a device or socket"
    throw FileError.notReadable(path: path, reason: "expected \(expected), found \(found)")
  }
  // One byte more than allowed, so that pipes and growing files are held to the limit as well.
  guard let data = read(descriptor, of: Int(status.st_size), upTo: limit + 1) else {
    throw refusal()
  }
  guard !data.isEmpty else { throw FileError.empty(path: path, expected: expected) }
  guard data.count <= limit else {
    throw FileError.tooLarge(path: path, bytes: data.count, limit: limit)
  }
  FilesRead.tell(path, data)
  return data
}

/// Whether a path stands for a file that was open when the program began.
private func isOpenAlready(_ path: String) -> Bool {
  path == "/dev/stdin" || path.hasPrefix("/dev/fd/")
    || path.hasPrefix("/proc/") && path.contains("/fd/")
}

/// The bytes up to the end or the limit; nil, with `errno`, where the system reports an error.
/// - Parameter size: of the file as far as it is known; 0 for a pipe.
private func read(_ descriptor: Int32, of size: Int, upTo limit: Int) -> Data? {
  // One byte more than there are tells that the end has come.
  let block = min(max(size + 1, 1 << 12), 1 << 20)
  var data = Data()
  while data.count < limit {
    let start = data.count
    let wanted = min(block, limit - start)
    data.count += wanted
    let count = data.withUnsafeMutableBytes { bytes in
      bytes.baseAddress.map { read(descriptor, $0 + start, wanted) } ?? 0
    }
    if count < 0, errno == EINTR {
      data.count = start
      continue
    }
    guard count >= 0 else { return nil }
    data.count = start + count
    if count == 0 { break }
  }
  return data
}
