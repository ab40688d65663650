import Diagnostics
import Foundation
import JSON

extension JSONNode {
  /// Reads a JSON file of a model; where a download left something else under its name, says what.
  /// - Throws: `FileError`, `JSONError.damaged`, or `CheckpointError.unsupported`.
  public init(ofModel file: String) throws {
    try self.init(ofModel: Self.bytes(of: file), file: file)
  }

  /// The same where the file was read already.
  /// - Throws: `JSONError.damaged` or `CheckpointError.unsupported`.
  package init(ofModel contents: Data, file: String) throws {
    do { try self.init(parsing: contents, file: file) } catch let error as JSONError {
      guard contents.first != UInt8(ascii: "{"),
        let explanation = contents.withUnsafeBytes(FileSignature.explanation(of:))
      else { throw error }
      throw CheckpointError.unsupported(file: file, reason: explanation)
    }
  }
}
