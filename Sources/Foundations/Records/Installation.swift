import Foundation

/// Where the running command lies, what lies beside it, and how a person calls it.
///
/// A command runs from the repository's build folder, or from `PREFIX/bin` with its data in
/// `PREFIX/share/diffusion-inspector` (`make install`). The shell says only what was typed, so the
/// kernel is asked for the file.
public struct Installation: Sendable {
  /// The file of the running command, with no symbolic link in its path.
  let executable: URL
  let workingFolder: URL
  /// The folders of PATH.
  let searchPath: [String]

  /// That of this process.
  public static var current: Installation {
    let files = FileManager.default
    let environment = ProcessInfo.processInfo.environment
    return Installation(
      executable: (try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? CommandLine.arguments.first ?? ".",
      workingFolder: files.currentDirectoryPath, searchPath: environment["PATH"] ?? "")
  }

  package init(executable: String, workingFolder: String, searchPath: String) {
    self.executable = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
    // A folder that was deleted under the person's feet has no path; nothing lies in it, nor relative
    // to it.
    let standing = workingFolder.isEmpty ? "/dev/null" : workingFolder
    self.workingFolder = URL(fileURLWithPath: standing).resolvingSymlinksInPath()
    self.searchPath = searchPath.split(separator: ":").map(String.init)
  }

  /// The name of the folder in `PREFIX/share`.
  package static let shareName = "diffusion-inspector"

  /// `PREFIX/share/diffusion-inspector`, whether it is there or not.
  package var share: URL {
    executable.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("share").appendingPathComponent(Self.shareName)
  }

  /// The checkout that the command was built in, or the one that the person stands in.
  package var repository: URL? {
    (Self.ancestors(of: executable) + [workingFolder] + Self.ancestors(of: workingFolder)).first {
      Self.exists("Package.swift", in: $0) && Self.exists("Sources/Executables", in: $0)
    }
  }

  /// Finds a bundled file: the installed one, else one in a folder above the command, else
  /// one from where the person stands.
  /// - Parameter relative: its path in the repository, such as `fixtures/model`.
  /// - Returns: a path that can be opened, as short as it can be; nil where there is none.
  public func file(_ relative: String) -> String? {
    ([share] + Self.ancestors(of: executable) + [workingFolder])
      .first { Self.exists(relative, in: $0) }
      .map { shortened($0.appendingPathComponent(relative).path) }
  }

  /// The path of another command in the same folder.
  public func neighbour(_ name: String) -> String {
    executable.deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// The words that a person types to run the command `name` from where this one ran: through the
  /// package manager within the repository, by its name where PATH finds this very file, else by its
  /// path.
  public func call(_ name: String) -> [String] {
    let isInstalled = FileManager.default.fileExists(atPath: share.path)
    if !isInstalled, let repository, contains(repository, workingFolder) {
      return ["swift", "run", "-c", "release", name]
    }
    let folder = executable.deletingLastPathComponent()
    let found = searchPath.map { URL(fileURLWithPath: $0, relativeTo: workingFolder) }.first {
      FileManager.default.isExecutableFile(atPath: $0.appendingPathComponent(name).path)
    }
    let isFound =
      found.map {
        $0.appendingPathComponent(name).resolvingSymlinksInPath().deletingLastPathComponent().path
          == folder.path
      } ?? false
    return [isFound ? name : neighbour(name)]
  }

  /// A path below the folder that the person stands in without that folder's own.
  private func shortened(_ path: String) -> String {
    let folder = workingFolder.path == "/" ? "/" : workingFolder.path + "/"
    return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
  }

  private func contains(_ folder: URL, _ inner: URL) -> Bool {
    inner.path == folder.path || inner.path.hasPrefix(folder.path + "/")
  }

  private static func exists(_ name: String, in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  /// The folders that hold `place`, the nearest first, without the root.
  private static func ancestors(of place: URL) -> [URL] {
    var (folders, folder) = ([URL](), place.deletingLastPathComponent())
    while folder.path.hasPrefix("/"), folder.path != "/" {
      folders.append(folder)
      folder.deleteLastPathComponent()
    }
    return folders
  }
}
