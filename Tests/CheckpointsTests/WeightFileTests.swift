import Checkpoints
import Diagnostics
import Foundation
import JSON
import Tensors
import Testing
import TestSupport

@Suite("Checkpoints by their contents") struct WeightFileTests {
  @Test("the kind is found whatever the file is called")
  func contents() throws {
    try withTemporaryFolder { folder in
      for (source, name) in [
        ("number-formats.safetensors", "a.ckpt"), ("torch-files/zip.ckpt", "b.safetensors"),
        ("torch-files/legacy.ckpt", "c.safetensors"),
      ] {
        let path = folder.appendingPathComponent(name).path
        try FileManager.default.copyItem(
          atPath: Repository.path("fixtures/golden/\(source)"), toPath: path)
        #expect(try !WeightFile.open(path).names.isEmpty)
      }
    }
    #expect(throws: CheckpointError.self) { try WeightFile.open(Repository.path("Makefile")) }
  }
}

@Suite("What stands where a checkpoint should") struct FileSignatureTests {
  @Test(
    "is named, with what would help",
    arguments: [
      ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
      ("<!DOCTYPE html><html></html>", "a web page"), ("\u{FEFF}\n <HTML lang=en>", "a web page"),
      ("<?xml version=\"1.0\"?><Error/>", "XML"), ("{\"error\": \"x\"}", "a JSON file"),
      ("GGUF\u{3}\0\0\0\0\0\0\0{", "only a part"), ("%PDF-1.7", "a PDF"), ("Rar!\u{1a}", "unpack"),
      ("PK\u{5}\u{6}\0\0", "an empty zip archive"), ("\u{2}\0\0\0\0\0\0\0{}", "no tensor at all"),
    ])
  func text(contents: String, word: String) {
    let error = #expect(throws: CheckpointError.self) {
      try WeightFile.open(MappedFile(Array(contents.utf8), path: "m.ckpt"))
    }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test("is named where its first bytes are no text: a Flax file of 7 members, or of more")
  func flax() {
    for bytes in [[0x87, 0xa7], [0xde, 0, 0x20, 0xd9, 40]] as [[UInt8]] {
      let error = #expect(throws: CheckpointError.self) {
        try WeightFile.open(MappedFile(bytes + Array("conv_in".utf8), path: "m.msgpack"))
      }
      #expect(error?.description.contains("as Flax keeps weights") == true)
    }
  }

  @Test("is named in a configuration's place as well")
  func configuration() {
    let pointer = "version https://git-lfs.github.com/spec/v1\n"
    let error = #expect(throws: CheckpointError.self) {
      try JSONNode(ofModel: Data(pointer.utf8), file: "config.json")
    }
    #expect(error?.description.contains("Git LFS pointer") == true)
  }

  @Test(
    "half a download says so, wherever it ends",
    arguments: ["number-formats.safetensors", "torch-files/zip.ckpt"])
  func incomplete(name: String) throws {
    let path = Repository.path("fixtures/golden/\(name)")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for count in [bytes.count / 3, bytes.count / 2, bytes.count - 1] {
      let error = #expect(throws: CheckpointError.self) {
        try WeightFile.open(MappedFile(bytes.prefix(count), path: "m"))
      }
      #expect(error?.description.contains("only a part of the file") == true)
    }
  }
}

@Suite("Weights in several files") struct ShardedWeightsTests {
  /// Two files and the index that lists them as `map` says.
  private func open(_ map: [String: String], _ check: (any WeightSource) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for (file, names) in [("1.safetensors", ["a", "b"]), ("2.safetensors", ["c"])] {
        let tensors = names.reduce(into: [:]) { $0[$1] = Tensor([2], repeating: Float($1.count)) }
        try SafetensorsFile.write(tensors, to: folder.appendingPathComponent(file).path)
      }
      let index = JSONValue.object(["weight_map": .object(map.mapValues { .string($0) })])
      let path = folder.appendingPathComponent("m.safetensors.index.json")
      try Data(index.serialized.utf8).write(to: path)
      try check(WeightFile.open(path.path))
    }
  }

  @Test("are one source")
  func together() throws {
    try open(["a": "1.safetensors", "b": "1.safetensors", "c": "2.safetensors"]) { source throws in
      #expect(source.names == ["a", "b", "c"])
      #expect(source.info("c")?.shape == [2])
      #expect(try source.tensor(named: "c").elements == [1, 1])
      _ = #expect(throws: CheckpointError.self) { try source.tensor(named: "d") }
    }
  }

  @Test("an index and files that disagree are refused with the tensor's name")
  func disagreement() {
    #expect(throws: CheckpointError.self) { try open(["a": "1.safetensors"]) { _ in } }
    #expect(throws: CheckpointError.self) {
      try open(["a": "2.safetensors", "c": "2.safetensors"]) { _ in }
    }
    #expect(throws: FileError.self) { try open(["a": "3.safetensors"]) { _ in } }
  }

  @Test(
    "an index names only files beside it",
    arguments: [
      "../1.safetensors", "/etc/passwd", "", ".", "..", "m.safetensors.index.json", "a\0b", "a\nb",
      "a\nb",
    ])
  func beside(name: String) {
    #expect(throws: JSONError.self) { try open(["a": name]) { _ in } }
  }
}
