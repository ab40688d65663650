import Diagnostics
import Dispatch
import Foundation
import Pages
import Records
import Synchronization
import Tensors

/// What an inspector is handed for one run: the folder that it writes, and who watches.
public final class InspectorRun: Sendable {
  let folder: RunFolder
  /// What makes this run again.
  public let command: CommandLineText
  /// Whether this run is a stop of a tour that is at work.
  let isPartOfTour: Bool
  let progress: Progress
  private let records: Mutex<Records>
  private let digests = DispatchGroup()

  private struct Records {
    var settings: [String: Manifest.Setting]
    var inputs: [Manifest.File] = []
    /// Files whose digest is made in the background.
    var awaited: Set<String> = []
    var stages: [Manifest.Stage] = []
    var notices: [String] = []
    /// Of the weights that took part so far.
    var provenance = Provenance.analytic
    /// Whether the run trained them itself.
    var hasTrained = false
    /// What the page says of the training.
    var training: String?
    /// The first network whose output was not finite.
    var overflow: String?
    /// Why the run ends before all is done; nil while nobody asked it to.
    var unfinished: String?
    /// Whether inputs are digested.
    var digestsInputs = true
  }

  /// - Parameter settings: the options as they were parsed; nil ones are settled by `setting`.
  init(
    folder: RunFolder, command: CommandLineText, settings: [String: Manifest.Setting],
    isPartOfTour: Bool, progress: Progress
  ) {
    (self.folder, self.command, self.progress) = (folder, command, progress)
    self.isPartOfTour = isPartOfTour
    records = Mutex(Records(settings: settings))
  }

  /// Notes how an option that was not given was settled, or what else was decided, for the manifest:
  /// `run.setting("sampler", .text(name.rawValue))`.
  /// - Parameters:
  ///   - name: the option's name without its dashes.
  ///   - value: what it became.
  public func setting(_ name: String, _ value: Manifest.Setting) {
    records.withLock { $0.settings[name] = value }
  }

  /// The value of an option, noted for the manifest: what was given, or what is taken where nothing
  /// was. Every option that may be left out is settled here.
  /// - Parameters:
  ///   - name: the option's name without its dashes.
  ///   - given: nil where the option was left out.
  ///   - usual: what is then taken.
  public func settled<Value>(
    _ name: String, _ given: Value?, default usual: @autoclosure () throws -> Value
  ) rethrows -> Value {
    let value = try given ?? usual()
    setting(name, OptionRecord.setting(value))
    return value
  }

  /// The same where the option may stay unsettled.
  public func settled<Value>(_ name: String, _ given: Value?, ifAny usual: Value?) -> Value? {
    let value = given ?? usual
    setting(name, value.map { OptionRecord.setting($0) } ?? .none)
    return value
  }

  /// Runs one part of the work: its time goes into the manifest, and it has a progress line when it
  /// is long.
  /// - Parameters:
  ///   - name: in words, short: "noising".
  ///   - total: how many equal pieces the work has; `body` calls `advance` after each.
  ///   - body: the work.
  /// - Throws: what `body` throws, or `NotFiniteError` where a network's output was not finite.
  public func stage<Result>(
    _ name: String, of total: Int = 0, _ body: (_ advance: () -> Void) throws -> Result
  ) throws -> Result {
    let start = ContinuousClock.now
    progress.begin(name, total: total)
    defer {
      progress.end()
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      records.withLock { $0.stages.append(Manifest.Stage(name: name, seconds: seconds)) }
    }
    let result = try body(progress.advance)
    if let network = records.withLock({ $0.overflow }) {
      throw NotFiniteError(place: "\(network), \(name)")
    }
    return result
  }

  /// Notes what a library took where an option was left out; several different ones as a list.
  func noteChoice(_ name: String, _ value: String) {
    records.withLock {
      switch $0.settings[name] {
      case nil, .some(.none): $0.settings[name] = .text(value)
      case .list(let list) where !list.contains(.text(value)):
        $0.settings[name] = .list(list + [.text(value)])
      case .text(let first) where first != value:
        $0.settings[name] = .list([.text(first), .text(value)])
      default: break
      }
    }
  }

  /// Notes that a network's output is not finite: the stage at hand is the last.
  func noteOverflow(_ network: String) {
    records.withLock { $0.overflow = $0.overflow ?? network }
  }

  /// Notes a file that was opened to be read; the digest of what was read is made while the run goes
  /// on. Files of the run's own folder are no inputs.
  func noteRead(_ file: FileRead) {
    let isNew = records.withLock { $0.awaited.insert(file.path).inserted }
    guard isNew, !file.path.hasPrefix(folder.path + "/") else { return }
    guard records.withLock({ $0.digestsInputs }) else {
      let bytes = file.byteCount
      return records.withLock {
        $0.inputs.append(Manifest.File(path: file.path, bytes: bytes, sha256: nil))
      }
    }
    DispatchQueue.global(qos: .utility).async(group: digests) { [self] in
      guard let (digest, bytes) = try? SHA256.hexDigest(of: file) else { return }
      records.withLock {
        $0.inputs.append(Manifest.File(path: file.path, bytes: bytes, sha256: digest))
      }
    }
  }

  /// From here on inputs stand in the manifest with their sizes alone: for a run that was asked to read
  /// no more than headers.
  public func leavesInputsUndigested() { records.withLock { $0.digestsInputs = false } }

  /// The SHA-256 digest of a file that the run has opened, as the manifest will hold it; nil for a file
  /// that was not opened or is not digested. Waits until it is made.
  /// - Parameter path: as it was opened, or the same from where the person stands.
  public func digest(ofInput path: String) -> String? {
    digests.wait()
    func place(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    return records.withLock { $0.inputs.first { place($0.path) == place(path) }?.sha256 }
  }

  /// Notes weights that take part.
  func noteWeights(_ weights: Provenance) {
    records.withLock { $0.provenance = max($0.provenance, weights) }
  }

  /// Notes that the run shows what learned weights made elsewhere: it opens no network itself.
  public func showsTrainedWeights() { noteWeights(.trained) }

  /// Notes that the networks of this run are no longer what they started as.
  /// - Parameter steps: how many steps they were trained for, for the page to say.
  public func hasTrained(steps: Int? = nil) {
    records.withLock {
      $0.hasTrained = true
      $0.training = steps.map { "trained for \($0) step\($0 == 1 ? "" : "s")" }
    }
  }

  /// Notes that the run looks at weights of which nobody says whether they were ever trained.
  public func showsWeightsOfUnknownOrigin() {
    records.withLock {
      $0.provenance = max($0.provenance, .trained)
      $0.training = "weights as they lie in the file"
    }
  }

  /// Notes that somebody asked the run to stop, and that its results are those of a part of the work: the
  /// manifest says so, and the process ends with the status of an interrupted one.
  /// - Parameter reached: how far it came: "after 20 of 100 steps".
  public func endsEarly(_ reached: String) {
    records.withLock { $0.unfinished = "interrupted \(reached)" }
  }

  /// Where the run's numbers come from, as far as it has gone.
  public var provenance: Provenance {
    records.withLock { $0.hasTrained ? .trained : $0.provenance }
  }

  /// The run's folder in its final place, absolute.
  public var path: String { folder.path }

  /// The same as the person named it, or by default, from where they stand: for commands to try next.
  public var place: String {
    records.withLock {
      if case .text(let place) = $0.settings["output"] { place } else { folder.path }
    }
  }

  /// The door through which it writes pictures, tables and arrays.
  public var output: RunOutput { output(folder) }

  private func output(_ folder: RunFolder) -> RunOutput {
    RunOutput(folder) { [self] in provenance }
  }

  /// Tells the person what is done otherwise than they may think: one line on stderr, with --quiet
  /// too, and the same on the page. What was said once is not said again.
  /// - Parameter text: without a full stop: "alpha.png: transparent pixels are laid on white".
  public func notice(_ text: String) {
    let isNew = records.withLock { records in
      guard !records.notices.contains(text) else { return false }
      records.notices.append(text)
      return true
    }
    if isNew { progress.interrupt(with: "\(command.executable): note: \(oneLine(text))\n") }
  }

  /// Puts the results so far in the final place, where `finish` will replace them: for work of hours,
  /// which a person wants to follow. The page says that it is not the last.
  /// - Parameters:
  ///   - page: as far as it can be shown.
  ///   - seed: nil when nothing random took part.
  ///   - files: writes pictures and tables through the door that it is handed.
  /// - Throws: `FileError`, or what `files` throws.
  public func publish(_ page: Page, seed: UInt64?, files: (RunOutput) throws -> Void) throws {
    let interim = try RunFolder(at: folder.path, executable: command.executable)
    do {
      try files(output(interim))
      try write(page, to: interim, notices + [Self.interimNotice])
      var manifest = manifest(seed: seed)
      manifest.unfinished = "written before the run had ended"
      try interim.commit(manifest)
    } catch {
      interim.discard()
      throw error
    }
  }

  private static let interimNotice =
    "this page was written before the run had ended: while that goes on it is written anew, load it "
    + "again; where the run was interrupted, --resume goes on"

  private var links: PageLinks {
    PageLinks(of: command.executable, in: folder.path, isPartOfTour: isPartOfTour)
  }

  var notices: [String] { records.withLock { $0.notices } }

  private func write(_ page: Page, to folder: RunFolder, _ notices: [String]) throws {
    let html = try page.html(
      command: command, provenance: provenance,
      weights: provenance == .trained ? records.withLock { $0.training } : nil,
      files: output(folder).files,
      folder: folder.path, notices: notices, links: links)
    try folder.write(Data(html.utf8), as: "index.html")
  }

  private func manifest(seed: UInt64?) -> Manifest {
    digests.wait()
    var manifest = Manifest(
      command: command, provenance: provenance, seed: seed, versions: Versions.all,
      peakMemoryBytes: isPartOfTour ? nil : PeakMemory.ofProcess)
    records.withLock {
      (manifest.settings, manifest.stages) = ($0.settings, $0.stages)
      manifest.unfinished = $0.unfinished
      manifest.inputs = $0.inputs.sorted { $0.path < $1.path }
    }
    return manifest
  }

  /// Writes the page and the manifest and puts the folder in its place.
  func finish(_ findings: Findings) throws -> Manifest {
    try stage("page") { _ in try write(findings.page, to: folder, notices) }
    let manifest = manifest(seed: findings.seed)
    try folder.commit(manifest)
    return manifest
  }
}

/// What an inspector found.
public struct Findings: Sendable {
  /// Written as `index.html` when the run ends.
  public var page: Page
  /// The short table on stdout.
  public var summary: Summary
  /// The seed that was used; nil when nothing random took part.
  public var seed: UInt64?
  /// The identities that did not hold: those of the page, and those of runs within this one.
  public var brokenIdentities: [String]

  /// - Parameters:
  ///   - page: what the run shows.
  ///   - summary: what is printed at the end.
  ///   - seed: nil when nothing random took part.
  ///   - broken: the identities of runs within this one that did not hold.
  public init(page: Page, summary: Summary, seed: UInt64?, broken: [String] = []) {
    (self.page, self.summary, self.seed) = (page, summary, seed)
    brokenIdentities =
      broken
      + page.residuals.filter { $0.kind == .identity && !$0.holds }.map(\.identity.plain)
  }
}

/// A short table in plain text.
public struct Summary: Sendable {
  let columns: [String]
  let rows: [[String]]

  /// - Precondition: as many cells in each row as columns.
  public init(columns: [String], rows: [[String]]) {
    precondition(
      rows.allSatisfy { $0.count == columns.count }, "rows that have not \(columns.count) cells")
    (self.columns, self.rows) = (columns, rows)
  }

  /// Columns aligned, numbers to the right.
  public var text: String {
    let all = [columns] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let isNumeric = columns.indices.map { column in
      rows.allSatisfy { $0[column].first.map { $0.isNumber || "+-−∞".contains($0) } ?? true }
    }
    return all.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return isNumeric[column] ? space + cell : cell + space
      }
      return cells.joined(separator: "  ").replacingOccurrences(
        of: "\\s+$", with: "", options: .regularExpression)
    }.joined(separator: "\n")
  }
}
