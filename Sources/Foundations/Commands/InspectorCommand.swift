import ArgumentParser
import Diagnostics
import Dispatch
import Foundation
import Pages
import Records
import Tensors

/// The command of an inspector: its options, and what it finds.
///
/// The executable's `main.swift` is `ForwardNoisingCommand.start()`. Tests run the same command
/// in-process: `try ForwardNoisingCommand.run(["--image", path, "--output", folder.path])`.
public protocol InspectorCommand: ParsableCommand {
  /// The options that every inspector has, as an option group.
  var options: RunOptions { get }

  /// Options that people look for here and that another command has, with what to call instead:
  /// `["--ablate": "attention-edits --ablate"]`.
  static var optionsElsewhere: [String: String] { get }

  /// Does the work: writes pictures, tables and arrays to `run.output` and describes the page.
  /// - Throws: `PersonFacingError` for what a person can mend.
  func inspect(_ run: InspectorRun) throws -> Findings
}

/// What a run left behind.
public struct InspectorResult: Sendable {
  /// The run folder, absolute.
  public let folder: String
  /// The page that was written, as data: tests ask it for its residuals.
  public let page: Page
  /// What `manifest.json` says of the run.
  public let manifest: Manifest
  /// The identities that its page claims and that did not hold.
  public let brokenIdentities: [String]
  /// What was done otherwise than a person may think, one line each without its full stop.
  public let notices: [String]

  /// The page's file, absolute.
  public var pagePath: String { folder + "/index.html" }
}

extension InspectorCommand {
  /// None, unless a command says otherwise.
  public static var optionsElsewhere: [String: String] { [:] }

  /// The command's name, which is its executable's too.
  public static var name: String { configuration.commandName ?? _commandName }

  /// Parses `arguments` and does the whole run.
  /// - Parameters:
  ///   - arguments: what stands behind the command, one word each.
  ///   - console: where messages go.
  ///   - isPartOfTour: whether a tour is at work that puts its page and all of its stops beside
  ///     this run's folder.
  /// - Throws: the parser's error, `PersonFacingError`, or what `inspect` throws; nothing is then
  ///   left behind.
  @discardableResult
  public static func run(
    _ arguments: [String], console: Console = .memory(), isPartOfTour: Bool = false
  ) throws -> InspectorResult {
    try parse(arguments).execute(
      arguments: arguments, console: console, isPartOfTour: isPartOfTour)
  }

  private func execute(
    arguments: [String], console: Console, isPartOfTour: Bool
  ) throws -> InspectorResult {
    options.threadsOption.apply()
    let place = options.output ?? "outputs/" + Self.name
    let folder = try RunFolder(at: place, executable: Self.name)
    let settings = OptionRecord.settings(of: self)
    // What goes on from a state gives what is made from the beginning, which needs no state.
    let again = settings["resume"] == true ? arguments.filter { $0 != "--resume" } : arguments
    let run = InspectorRun(
      folder: folder, command: CommandLineText(executable: Self.name, arguments: again),
      settings: settings, isPartOfTour: isPartOfTour,
      progress: Progress(console: console, quiet: options.quiet))
    run.setting("output", .text(place))
    run.setting("threads", .whole(Threads.here))
    do {
      let findings = try heard(
        by: .files(run.noteRead), .notices(run.notice), .choices(run.noteChoice),
        .overflows(run.noteOverflow), .weights(run.noteWeights)
      ) { try inspect(run) }
      let manifest = try run.finish(findings)
      Provenance.tell(manifest.provenance)
      console.print(findings.summary.text)
      console.print("\n" + folder.path + "/index.html")
      for identity in findings.brokenIdentities {
        console.printError("\(Self.name): error: does not hold: \(oneLine(identity))\n")
      }
      return InspectorResult(
        folder: folder.path, page: findings.page, manifest: manifest,
        brokenIdentities: findings.brokenIdentities, notices: run.notices)
    } catch {
      folder.discard()
      throw error
    }
  }

  /// What `main.swift` calls: runs the command of this process and ends it with the exit status.
  public static func start() -> Never {
    standOnFirmGround()
    let console = Console.standard()
    cleanUpWhenInterrupted(name, telling: console)
    do {
      let result = try run(Array(CommandLine.arguments.dropFirst()), console: console)
      if result.manifest.unfinished != nil { Foundation.exit(Interruption.exitStatus) }
      Foundation.exit(result.brokenIdentities.isEmpty ? 0 : ExitStatus.brokenIdentity.rawValue)
    } catch {
      Foundation.exit(report(error, to: console))
    }
  }
}

extension ParsableCommand {
  /// Tells a person about `error` in one line, or prints the help that was asked for.
  /// - Returns: the exit status.
  package static func report(_ error: any Error, to console: Console) -> Int32 {
    let name = configuration.commandName ?? _commandName
    if let error = error as? any PersonFacingError {
      console.printError("\(name): error: \(oneLine(withOptions(error.description)))\n")
      return error.exitStatus.rawValue
    }
    let status = exitCode(for: error).rawValue
    switch status {
    case 0: console.print(fullMessage(for: error))
    case ExitStatus.usage.rawValue:
      let words = oneLine(withOptions(message(for: error)))
      let elsewhere = (Self.self as? any InspectorCommand.Type)?.optionsElsewhere
        .first { words.contains("'\($0.key)'") }.map { ": \($0.value) does this" }
      console.printError("\(name): error: \(words)\(elsewhere ?? "") (see \(name) --help)\n")
    default: console.printError("\(name): error: \(oneLine(String(describing: error)))\n")
    }
    return status
  }
}

/// A library's message with its parameters, `guidanceScale` in backquotes, spelled as the options of
/// commands: --guidance-scale.
func withOptions(_ message: String) -> String {
  parameterOptions.reduce(message) { $0.replacing("`\($1.key)`", with: $1.value) }
}

private let parameterOptions = [
  "clipSkip": "--clip-skip", "eta": "--eta", "firstStage": "--vae",
  "guidanceScale": "--guidance-scale", "heads": "--heads",
  "height": "--height", "imageGuidanceScale": "--image-guidance-scale",
  "initialImage": "--init-image", "layers": "--layers", "pastesBack": "--paste-back",
  "learningRate": "--learning-rate", "mask": "--mask", "resolution": "--resolution",
  "resume": "--resume", "sampler": "--sampler", "sigmas": "--sigmas", "spacing": "--spacing",
  "state": "--state", "steps": "--steps", "strength": "--strength", "variant": "--variant",
  "width": "--width",
]

/// What a person is told, whatever a file's name or a prompt contains: one line, with the middle of
/// endless words left out.
func oneLine(_ text: String) -> String {
  text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    .joined(separator: " ").split(separator: " ", omittingEmptySubsequences: false)
    .map { $0.count > 500 ? $0.prefix(200) + "…" + $0.suffix(100) : $0 }.joined(separator: " ")
}

/// Lets what cannot be written be told by the write itself, not by a signal, and takes the place of
/// standard streams that are closed, lest a file that is opened later be written to as one of them.
func standOnFirmGround() {
  for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
    _ = open("/dev/null", O_RDONLY)
  }
}

/// Ctrl-C and its kin remove what is half-written, then end the process with 128 + signal.
private func cleanUpWhenInterrupted(_ name: String, telling console: Console) {
  // Where a progress line stands, the words take its place.
  let start = (console.showsProgress ? "\r\u{1B}[K" : "") + name + ": note: "
  @Sendable func tell(_ words: String?) {
    if let words { console.printError(start + words + "\n") }
  }
  for number in [SIGINT, SIGTERM, SIGHUP] {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      switch Interruption.request(number) {
      case .goesOn(let words): tell(words)
      case .ends(let words):
        RunFolder.discardAll()
        HalfMade.places.discardAll()
        tell(words)
        _exit(128 + number)
      }
    }
    source.resume()
    signalSources.append(source)
  }
}

nonisolated(unsafe) private var signalSources: [any DispatchSourceSignal] = []
