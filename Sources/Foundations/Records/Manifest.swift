import Diagnostics
import Foundation

/// What `manifest.json` says about a run: enough to trust its numbers and to make them again.
public struct Manifest: Sendable, Codable, Equatable {
  /// By which a folder is known to be ours.
  public static let maker = "diffusion-inspector"

  /// A file that a run read or wrote.
  public struct File: Sendable, Codable, Equatable {
    /// Of an output, relative to the run folder (`images/x_t-0500.png`); of an input, as it was
    /// opened.
    public var path: String
    /// The size of the file.
    public var bytes: Int
    /// The SHA-256 digest of the contents: 64 hexadecimal digits in lower case; nil for an input of
    /// which a run was asked to read the header alone.
    public var sha256: String?

    /// A file with the size in bytes and the digest of its contents.
    public init(path: String, bytes: Int, sha256: String?) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
    }
  }

  /// A part of the work and how long it took.
  public struct Stage: Sendable, Codable, Equatable {
    /// In words, short: "noising".
    public var name: String
    /// Elapsed time, not the processor's.
    public var seconds: Double

    /// A part that took so many seconds.
    public init(name: String, seconds: Double) {
      self.name = name
      self.seconds = seconds
    }
  }

  /// The value of a setting.
  public enum Setting: Sendable, Codable, Equatable {
    /// An option that was left out, and that nothing settled: `null`.
    case none
    /// Whether something is on.
    case flag(Bool)
    /// A whole number; also a decimal number whose value is whole, since JSON tells no difference.
    case whole(Int)
    /// Written as text where it is not finite, and read back as `text`.
    case number(Double)
    /// A name, a path or a prompt.
    case text(String)
    /// Several values in order.
    case list([Setting])

    /// Reads null, a flag, a number, a text or an array; the kind of value decides the case.
    /// - Throws: `DecodingError` for a JSON object.
    public init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        self = .none
      } else if let flag = try? value.decode(Bool.self) {
        self = .flag(flag)
      } else if let whole = try? value.decode(Int.self) {
        self = .whole(whole)
      } else if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else if let text = try? value.decode(String.self) {
        self = .text(text)
      } else {
        self = .list(try value.decode([Setting].self))
      }
    }

    /// Writes the bare JSON value, without the name of the case.
    public func encode(to encoder: any Encoder) throws {
      var value = encoder.singleValueContainer()
      switch self {
      case .none: try value.encodeNil()
      case .flag(let flag): try value.encode(flag)
      case .whole(let whole): try value.encode(whole)
      // JSON has no infinities.
      case .number(let number) where !number.isFinite: try value.encode(number.description)
      case .number(let number): try value.encode(number)
      case .text(let text): try value.encode(text)
      case .list(let list): try value.encode(list)
      }
    }
  }

  /// `diffusion-inspector`: the mark by which `of(folder:)` knows a folder as ours.
  public var maker = Manifest.maker
  /// The command's name: `forward-noising`.
  public var executable: String
  /// The line that makes the run again.
  public var command: String
  /// What stands after the command's name in that line, word by word, unquoted.
  public var arguments: [String]
  /// Why the results are those of a part of the work, in words: "interrupted after 20 of 100 steps"; nil for
  /// a run that did all that it was asked for.
  public var unfinished: String?
  /// Whether learned weights took part, and whether they were trained.
  public var provenance: Provenance
  /// Nil when nothing random took part.
  public var seed: UInt64?
  /// What made the run, by name: the project's version, the Swift compiler's, the operating
  /// system's.
  public var versions: [String: String]
  /// Every option by its name and what else was decided, as it took effect: given or by default.
  public var settings: [String: Setting] = [:]
  /// Every file that the run read outside its own folder, by path.
  public var inputs: [File] = []
  /// Every file of the run folder but the manifest itself, by path.
  public var outputs: [File] = []
  /// The parts of the work, in the order in which they ended.
  public var stages: [Stage] = []
  /// The most memory that the process has held so far; nil for a stop of a tour, whose process makes all
  /// stops.
  public var peakMemoryBytes: Int?

  /// Settings, files and stages are filled in afterwards.
  /// - Parameters:
  ///   - command: what makes the run again.
  ///   - provenance: whether weights took part, and whether they were trained.
  ///   - seed: nil when nothing random took part.
  ///   - versions: what made the run, by name.
  ///   - peakMemoryBytes: what the run needed; nil where the process did more than this run.
  public init(
    command: CommandLineText, provenance: Provenance, seed: UInt64?, versions: [String: String],
    peakMemoryBytes: Int? = PeakMemory.ofProcess
  ) {
    self.executable = command.executable
    self.command = command.text
    self.arguments = command.arguments
    self.provenance = provenance
    self.seed = seed
    self.versions = versions
    self.peakMemoryBytes = peakMemoryBytes
  }

  /// The file's contents: JSON with sorted keys.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// The manifest of a folder that one of our runs made; nil for any other folder.
  public static func of(folder path: String) -> Manifest? {
    guard let data = FileManager.default.contents(atPath: path + "/manifest.json"),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
      manifest.maker == maker
    else { return nil }
    return manifest
  }
}

/// A command as a person types it from where this one ran.
public struct CommandLineText: Sendable, Equatable {
  /// The command's name: `forward-noising`.
  public var executable: String
  /// What follows the name, word by word, unquoted.
  public var arguments: [String]

  /// A command with arguments that need no quotes yet: `text` adds them.
  public init(executable: String, arguments: [String]) {
    self.executable = executable
    self.arguments = arguments
  }

  /// The whole line, arguments quoted for a POSIX shell where they need it.
  public var text: String {
    (Installation.current.call(executable) + arguments).map(shellQuoted).joined(separator: " ")
  }
}

extension Manifest.Setting: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
  /// A setting of text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A setting with a whole number.
  public init(integerLiteral value: Int) { self = .whole(value) }
  /// A setting with a number in double precision.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A setting that is on or off.
  public init(booleanLiteral value: Bool) { self = .flag(value) }
}

extension KeyedDecodingContainer {
  /// Manifests from before there were settings still make a folder known as ours.
  func decode(
    _ type: [String: Manifest.Setting].Type, forKey key: Key
  ) throws -> [String: Manifest.Setting] {
    try decodeIfPresent(type, forKey: key) ?? [:]
  }
}
