import Checkpoints
import Diagnostics
import Foundation
import Imaging
import Records
import Tensors

/// The one door through which a run writes: what goes through it is digested for the manifest, and
/// pictures that untrained weights made are stamped.
public struct RunOutput: Sendable {
  private let folder: RunFolder
  private let provenance: @Sendable () -> Provenance

  /// - Parameter provenance: where the run's numbers come from, as far as it has gone.
  package init(_ folder: RunFolder, provenance: @escaping @Sendable () -> Provenance) {
    (self.folder, self.provenance) = (folder, provenance)
  }

  /// Writes a picture as a PNG, pixels at their own size; UNTRAINED stands on it where random weights
  /// took part.
  /// - Parameters:
  ///   - picture: what to write.
  ///   - name: relative to the run's folder: `images/x_t-0500.png`.
  ///   - weights: of this picture alone; nil for those of the whole run.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(_ picture: Image, as name: String, madeBy weights: Provenance? = nil) throws {
    let isUntrained = (weights ?? provenance()) == .untrained
    try folder.write(PNG.data(of: isUntrained ? picture.stamped("UNTRAINED") : picture), as: name)
  }

  /// A picture that is to be written.
  public struct NamedPicture: Sendable {
    let picture: Image
    let name: String
    let weights: Provenance?

    /// - Parameters:
    ///   - picture: what to write.
    ///   - name: relative to the run's folder.
    ///   - weights: of this picture alone; nil for those of the whole run.
    public init(_ picture: Image, as name: String, madeBy weights: Provenance? = nil) {
      (self.picture, self.name, self.weights) = (picture, name, weights)
    }
  }

  /// Writes several pictures, as many at once as there are threads: packing takes most of the time.
  /// - Parameters:
  ///   - items: one for each picture.
  ///   - picture: makes the picture of one, on any thread.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write<Item>(_ items: [Item], pictures picture: (Item) -> NamedPicture) throws {
    let outcomes = Threads.map(items.count) { index in
      let made = picture(items[index])
      return Result { try write(made.picture, as: made.name, madeBy: made.weights) }
    }
    for outcome in outcomes { try outcome.get() }
  }

  /// Writes an animated PNG; UNTRAINED stands on every frame where random weights took part.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(_ film: FrameSequence, as name: String) throws {
    let isUntrained = provenance() == .untrained
    try folder.write(
      PNG.data(of: isUntrained ? film.map { $0.stamped("UNTRAINED") } : film), as: name)
  }

  /// Writes a picture that is a PNG already, and that no untrained weights made.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(png: Data, as name: String) throws {
    precondition(provenance() != .untrained, "\(name) is written without its stamp")
    try folder.write(png, as: name)
  }

  /// Writes a table: `trace.csv`.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(_ table: CSVTable, as name: String) throws {
    try folder.write(table, as: name)
  }

  /// Writes a table that is too long to hold, piece by piece under one header row.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(_ pieces: some Sequence<CSVTable>, as name: String) throws {
    try folder.writeFile(as: name) { try CSVTable.write(pieces, to: $0) }
  }

  /// Writes a text, such as a network's `config.json`.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(_ text: String, as name: String) throws {
    try folder.write(Data(text.utf8), as: name)
  }

  /// Writes arrays in the safetensors format: those behind the pictures as `tensors.safetensors`.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(
    _ arrays: [String: Tensor], as name: String = "tensors.safetensors"
  ) throws {
    try folder.writeFile(as: name) { try SafetensorsFile.write(arrays, to: $0) }
  }

  /// Lets `body` write one file at the path that it is handed, for contents too large for memory.
  /// `body` must not write anything else through this door.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt; what `body` throws.
  public func writeFile(as name: String, _ body: (_ path: String) throws -> Void) throws {
    try folder.writeFile(as: name, body)
  }

  /// The files written so far, relative to the folder.
  var files: [String] { folder.outputs.map(\.path) }
}

/// A number as it stands in the names of numbered files, so that they sort: 7 to 4 digits is 0007.
public func padded(_ number: Int, to digits: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(digits - text.count, 0)) + text
}
