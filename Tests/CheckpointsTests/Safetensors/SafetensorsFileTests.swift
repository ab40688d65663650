import Checkpoints
import Diagnostics
import Foundation
import TestSupport
import Tensors
import Testing

@Suite("safetensors, read") struct SafetensorsFileTests {
  /// A file from its header text and the number of data bytes.
  private func open(_ header: String, data: Int, stating length: UInt64? = nil) throws
    -> SafetensorsFile
  {
    let text = Array(header.utf8)
    let bytes =
      withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text
      + [UInt8](repeating: 1, count: data)
    return try SafetensorsFile(MappedFile(bytes, path: "m.safetensors"))
  }

  private func tensor(_ type: String, _ shape: String, _ offsets: String) -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test("names, shapes and types are known before the numbers; float32 is borrowed, not copied")
  func lazy() throws {
    let file = try SafetensorsFile(Repository.path("fixtures/golden/number-formats.safetensors"))
    #expect(file.names == file.names.sorted() && file.names.count == 22)
    #expect(file.metadata == ["format": "pt"])
    #expect(file.info("x.BF16") == TensorInfo(shape: [3, 4], elementType: .bfloat16))
    #expect(file.info("nothing") == nil)
    #expect(try file.tensor(named: "x.F32").storage.owner is MappedFile)
    #expect(try file.tensor(named: "x.F16").storage.owner == nil)
  }

  @Test("a borrowed tensor outlives its file and is copied when it is changed")
  func copyOnWrite() throws {
    var tensor = try open(#"{"a":\#(tensor("F32", "[2]", "[0,8]"))}    "#, data: 8)
      .tensor(named: "a")
    let original = tensor
    tensor[0] = 7
    #expect(tensor.elements[0] == 7 && original.elements[0] != 7)
  }

  @Test("a tensor that is missing, extra or misshapen is named")
  func strictness() throws {
    let file = try open(
      #"{"a":\#(tensor("U8", "[2,3]", "[0,6]")),"b":\#(tensor("U8", "[1]", "[6,7]"))}"#, data: 7)
    try file.require(exactly: ["a": [2, 3], "b": [1]])
    #expect(
      throws: CheckpointError.missingTensor(file: "m.safetensors", name: "c", expected: [4])
    ) { try file.require(exactly: ["a": [2, 3], "b": [1], "c": [4]]) }
    #expect(
      throws: CheckpointError.unexpectedTensor(file: "m.safetensors", name: "b", shape: [1])
    ) { try file.require(exactly: ["a": [2, 3]]) }
    let error = #expect(throws: CheckpointError.self) {
      try file.tensor(named: "a", shape: [3, 2])
    }
    #expect(
      error?.description
        == #"m.safetensors: tensor "a": expected shape [3, 2], found [2, 3]"#)
    #expect(throws: CheckpointError.self) { try file.tensor(named: "c") }
  }

  @Test(
    "a header that breaks a rule is refused",
    arguments: [
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}"#,
      #"{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1}}"#,
      #"{"a":{"dtype":"U8","shape":[4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
        + #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[0,4611686018427387904,4],"data_offsets":[0,0]},"#
        + #""b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,9223372036854775807]}}"#,
      #"{"__metadata__":{"a":1},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
      #"{}"#, #"[]"#, #"{"a":1}"#, " {}", "",
    ])
  func refused(header: String) {
    let error = #expect(throws: (any Error).self) { try open(header, data: 4) }
    #expect(error is any PersonFacingError)
  }

  @Test("the stated header length is believed only within the file and the format's limit")
  func headerLength() {
    for length in [UInt64.max, 1 << 63, 100_000_001, 100_000_000, 3] {
      #expect(throws: CheckpointError.self) { try open("{}", data: 0, stating: length) }
    }
    for count in 0..<8 {
      let stub = MappedFile([UInt8](repeating: 0, count: count), path: "m")
      #expect(throws: CheckpointError.self) { try SafetensorsFile(stub) }
    }
  }

  @Test("what is no file is said so")
  func noFile() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("m.safetensors").path
      #expect(throws: FileError.missing(path: path)) { try SafetensorsFile(path) }
      try Data().write(to: URL(fileURLWithPath: path))
      #expect(throws: FileError.self) { try SafetensorsFile(path) }
      #expect(throws: FileError.self) { try SafetensorsFile(folder.path) }
      #expect(throws: FileError.self) { try SafetensorsFile("/dev/zero") }
    }
  }
}
