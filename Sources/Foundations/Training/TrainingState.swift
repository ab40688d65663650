import Checkpoints
import Diagnostics
import Foundation
import Networks
import Tensors

/// A part of a training run whose numbers must survive a stop: parameters, an optimiser, an average.
public protocol TrainingPart: AnyObject {
  /// What must survive, by name.
  var savedTensors: [String: Tensor] { get }
  /// - Throws: `CheckpointError` where the tensors are not those of this part.
  func restore(from source: some WeightSource) throws
}

/// Parameters as a part of a run.
public final class SavedParameters: TrainingPart {
  private let parameters: [Parameter]

  /// The parameters of one network.
  public init(_ parameters: [Parameter]) { self.parameters = parameters }

  /// The parameters' values by their names.
  public var savedTensors: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
  }

  /// Takes the values back.
  /// - Throws: `CheckpointError` where one is missing or has another shape.
  public func restore(from source: some WeightSource) throws {
    try source.requireFinite(parameters.map(\.name), of: "the state of a training run")
    for parameter in parameters {
      parameter.value = try source.tensor(named: parameter.name, shape: parameter.shape)
    }
  }
}

/// The file from which a stopped run goes on bit for bit: every part's tensors, the steps done, the
/// trace so far, and the settings that must not change.
public struct TrainingState {
  /// How many steps are done.
  public var step: Int
  /// Spent so far, over all runs.
  public var seconds: Double
  /// What was measured at each of them.
  public var trace: TrainingTrace
  /// What decides the numbers of a run: a run with other settings is another run.
  public var settings: [String: String]
  /// Whether every step is done: nothing is lost when such a state is replaced.
  public var isFinished = false

  /// The state before the first step, unless told.
  public init(
    step: Int = 0, seconds: Double = 0, trace: TrainingTrace, settings: [String: String]
  ) {
    (self.step, self.seconds, self.trace, self.settings) = (step, seconds, trace, settings)
  }

  /// Writes the state; an earlier file of that name is replaced when the new one is complete.
  /// - Throws: `FileError.notWritable`.
  public func write(_ parts: [String: any TrainingPart], to path: String) throws {
    var tensors = trace.tensors
    for (name, part) in parts {
      for (key, tensor) in part.savedTensors { tensors["\(name)/\(key)"] = tensor }
    }
    var metadata = ["step": "\(step)", "seconds": "\(seconds)", "finished": "\(isFinished)"]
    metadata["columns"] = trace.columns.joined(separator: ",")
    for (name, value) in settings { metadata["setting.\(name)"] = value }
    Self.makeFolder(of: path)
    try SafetensorsFile.write(tensors, metadata: metadata, to: path)
  }

  /// Makes sure, before the work, that a state can be written.
  /// - Throws: `FileError.notWritable`.
  package static func requireWritable(_ path: String) throws {
    makeFolder(of: path)
    try SafetensorsFile.requireWritable(path)
  }

  /// Makes sure, before the work, that a new run may write its state: over none, or that of a finished one.
  /// - Throws: `FileError.notWritable`, `TrainingError.stateExists`, or `TrainingError.noState` where the
  ///   file is something else.
  package static func requireFree(_ path: String) throws {
    try requireWritable(path)
    guard FileManager.default.fileExists(atPath: path), !isFinished(path) else { return }
    let isState = (try? SafetensorsFile(path))?.metadata["step"] != nil
    throw isState ? TrainingError.stateExists(file: path) : .noState(file: path)
  }

  private static func makeFolder(of path: String) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Whether the file is the state of a run that did all its steps.
  package static func isFinished(_ path: String) -> Bool {
    (try? SafetensorsFile(path))?.metadata["finished"] == "true"
  }

  /// Reads a state and gives the parts their numbers back.
  /// - Parameters:
  ///   - path: of the file.
  ///   - parts: what gets its numbers back, by name.
  ///   - columns: of the table of losses.
  ///   - settings: what the run was started with now.
  ///   - following: names of settings that follow from others where nobody gives them: a difference in
  ///     one of them is told only where none differs in the settings besides, or before it here.
  /// - Throws: `FileError`, `CheckpointError`, or `TrainingError.otherSettings`.
  public init(
    reading path: String, into parts: [String: any TrainingPart], columns: [String],
    settings: [String: String], following: [String] = []
  ) throws {
    let file = try SafetensorsFile(path)
    let known = file.metadata.filter { $0.key.hasPrefix("setting.") }
    let others = settings.keys.sorted().filter { !following.contains($0) }
    for name in others + following.filter(settings.keys.contains) {
      let (found, value) = (known["setting.\(name)"] ?? "nothing", settings[name] ?? "nothing")
      guard found == value else {
        throw TrainingError.otherSettings(file: path, name: name, was: found, now: value)
      }
    }
    guard let step = file.metadata["step"].flatMap(Int.init), step >= 0,
      let seconds = file.metadata["seconds"].flatMap(Double.init), seconds.isFinite,
      file.metadata["columns"] == columns.joined(separator: ",")
    else { throw TrainingError.noState(file: path) }
    (self.step, self.seconds, self.settings) = (step, seconds, settings)
    trace = try TrainingTrace(columns: columns, from: file)
    for (name, part) in parts { try part.restore(from: PrefixedSource(file, prefix: "\(name)/")) }
  }
}

/// The tensors of a source whose names begin alike, without that beginning.
private struct PrefixedSource: WeightSource {
  private let source: any WeightSource
  private let prefix: String

  init(_ source: any WeightSource, prefix: String) {
    (self.source, self.prefix) = (source, prefix)
  }

  var origin: String { source.origin }
  var names: [String] {
    source.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }
  func info(_ name: String) -> TensorInfo? { source.info(prefix + name) }
  func tensor(named name: String) throws -> Tensor { try source.tensor(named: prefix + name) }
}

/// What goes wrong with a training run's files.
public enum TrainingError: PersonFacingError, Equatable {
  /// The state was made with other settings.
  case otherSettings(file: String, name: String, was: String, now: String)
  /// The file is no state of this kind of run.
  case noState(file: String)
  /// There is a state already and nobody asked to go on from it.
  case stateExists(file: String)
  /// A step whose loss is NaN or infinite; the state of an earlier step is kept.
  case diverged(step: Int, file: String)

  /// By case: bad data, 65, or an output in the way, 73.
  public var exitStatus: ExitStatus {
    switch self {
    case .otherSettings, .noState, .diverged: .badData
    case .stateExists: .cannotCreate
    }
  }

  /// The file, what is wrong with it and what to do, in one line.
  public var description: String {
    switch self {
    case .otherSettings(let file, let name, let was, let now):
      "\(file): this run was begun with \(name) \(was), not \(now)"
    case .diverged(let step, let file):
      "step \(step): the loss is not a finite number: try a lower `learningRate`; "
        + (FileManager.default.fileExists(atPath: file)
          ? "\(file) keeps the run as it was last saved" : "nothing was saved yet")
    case .noState(let file): "\(file): expected the state of such a training run"
    case .stateExists(let file):
      "\(file): holds a run that is not finished; `resume` continues it, or name another `state`"
    }
  }
}
