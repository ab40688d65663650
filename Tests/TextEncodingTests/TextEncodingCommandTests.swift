import Checkpoints
import Commands
import Diagnostics
import Foundation
import Imaging
import Records
import Tensors
import TestSupport
import Testing
import TextEncoding

@Suite("text-encoding") struct TextEncodingCommandTests {
  /// Runs the command into a folder of its own.
  private func withRun<R>(
    _ arguments: [String], _ body: (URL, InspectorResult, Console) throws -> R
  ) throws -> R {
    try withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("run")
      let console = Console.memory()
      let result = try TextEncodingCommand.run(
        ["--output", output.path, "--vocabulary", Examples.vocabulary] + arguments,
        console: console)
      return try body(output, result, console)
    }
  }

  private func picture(_ folder: URL, _ name: String) throws -> Image {
    try PictureFile.read(folder.appendingPathComponent("images/\(name)").path).image
  }

  private func table(_ folder: URL, _ name: String) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("tokens.csv has a row for each of the 77 positions, with the words as they were written")
  func tokens() throws {
    try withRun(["--prompt", "A Cyberpunk boat"]) { folder, _, console in
      let tokens = try table(folder, "tokens.csv")
      #expect(tokens.columns == ["position", "id", "token", "word"])
      #expect(tokens.numbers("position") == (0..<77).map(Double.init))
      let words = try #require(tokens.texts("word"))
      #expect(words[0] == "" && words[1] == "A" && words[2] == "Cyberpunk")
      #expect(words.last == "")
      #expect(tokens.texts("token")?.first == "<|startoftext|>")
      #expect(console.output.contains("Cyberpunk") && console.output.contains("index.html"))
    }
  }

  @Test("similarity.csv holds every layer, symmetric, within −1 and 1")
  func similarity() throws {
    try withRun(["--prompt", "a red boat"]) { folder, _, _ in
      let table = try table(folder, "similarity.csv")
      #expect(table.columns == ["layer", "position", "other_position", "cosine"])
      let (layers, cosines) = (
        try #require(table.numbers("layer")), try #require(table.numbers("cosine"))
      )
      let count = 5
      #expect(layers.max() == 5 && cosines.count == 6 * count * count)
      #expect(cosines.allSatisfy { abs($0) <= 1 })
      for layer in 0..<6 {
        for i in 0..<count {
          for j in 0..<count {
            let at = layer * count * count
            #expect(abs(cosines[at + i * count + j] - cosines[at + j * count + i]) < 1e-6)
          }
        }
      }
    }
  }

  @Test("--tensors writes the embeddings, every layer and the final states, and the page agrees")
  func tensors() throws {
    try withRun(["--prompt", "a red boat", "--tensors"]) { folder, _, _ in
      let path = folder.appendingPathComponent("tensors.safetensors").path
      let tensors = try SafetensorsFile(path).tensors()
      let names = ["embeddings", "final", "hidden.01", "hidden.02", "hidden.03", "hidden.04"]
      #expect(tensors.keys.sorted() == names)
      #expect(tensors.values.allSatisfy { $0.shape == [1, 77, 96] })
      let norms = try #require(table(folder, "norms.csv").numbers("norm"))
      let final = try #require(tensors["final"]).reshaped([77, 96])
      for (position, norm) in norms.suffix(77).enumerated() {
        #expect(abs(final.rows(position..<position + 1).norm - norm) < 1e-9)
      }
    }
  }

  @Test("what does not fit is said on the terminal, in a table and on the page")
  func truncation() throws {
    let prompt = Array(repeating: "the red boat and", count: 20).joined(separator: " ")
    try withRun(["--prompt", prompt]) { folder, result, console in
      let dropped = try table(folder, "dropped.csv")
      #expect(dropped.rows.count == 5)
      #expect(console.output.contains("dropped") && console.output.contains("5 tokens"))
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("the prompt has 80 tokens and the model takes 75"))
    }
  }

  @Test("a word as long as the prompt stands beside its tokens in short, whatever it is made of")
  func longWord() throws {
    for text in ["ab", "!\u{301}"] {
      try withRun(["--prompt", String(repeating: text, count: 2000)]) { folder, _, _ in
        let dropped = try table(folder, "dropped.csv")
        #expect(dropped.rows.count > 500)
        let start = String(String(repeating: text, count: 60).unicodeScalars.prefix(60))
        #expect(dropped.rows.allSatisfy { $0[2] == .text(start + "…") })
        let merges = try table(folder, "merges.csv")
        #expect(merges.text.unicodeScalars.count < 150 * (merges.rows.count + 1))
      }
    }
  }

  @Test("pictures and page of untrained weights are stamped, those of a model are not")
  func provenance() throws {
    try withRun(["--prompt", "a red boat"]) { folder, result, _ in
      #expect(result.manifest.provenance == .untrained)
      let picture = try picture(folder, "similarity-00.png")
      #expect(picture.width == 77 * 6 && picture.height > 77 * 6)
    }
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model")
      try Examples.writeModel(to: model)
      try withRun(["--model", model.path, "--prompt", "a red boat"]) { folder, result, _ in
        #expect(result.manifest.provenance == .trained)
        let inputs = Set(
          result.manifest.inputs.map { URL(fileURLWithPath: $0.path).lastPathComponent })
        #expect(inputs.isSuperset(of: ["vocab.json", "merges.txt", "config.json"]))
        #expect(inputs.contains { $0.hasSuffix(".safetensors") })
        let picture = try picture(folder, "attention-01.png")
        #expect(picture.width == 77 * 6 && picture.height == 77 * 6)
      }
    }
  }

  @Test("a learned word is shown among its neighbours, and told when the prompt lacks it")
  func learnedWord() throws {
    try withTemporaryFolder { folder in
      let (file, output) = (folder.appendingPathComponent("fog.safetensors").path, "run")
      let encoder = try PromptEncoder.open(
        model: Repository.path("fixtures/model"), vocabulary: nil, seed: 0)
      let boat = try #require(encoder.tokenizer.vocabulary.id(of: "boat</w>"))
      let vectors = encoder.network.tokenTable.rows(boat..<boat + 2)
      try SafetensorsFile.write(WeightTable(["emb_params": vectors]), to: file)
      let run = folder.appendingPathComponent(output)
      func encode(_ prompt: String) throws -> (result: InspectorResult, told: Bool) {
        let console = Console.memory()
        let result = try TextEncodingCommand.run(
          ["--output", run.path, "--prompt", prompt, "--embedding", "\(file)=<fog>"],
          console: console)
        return (result, console.errors.contains("the learned word '<fog>' is not in the prompt"))
      }
      let (result, told) = try encode("a <fog> at night")
      #expect(result.page.residuals.allSatisfy { $0.holds } && !told)
      #expect(result.manifest.settings["embedding"] == .list([.text("\(file)=<fog>")]))
      #expect(result.manifest.inputs.contains { $0.path == file })
      let tokens = try table(run, "tokens.csv")
      #expect(tokens.texts("token")?[2...3] == ["<fog>", "<fog>_1"])
      let neighbours = try table(run, "neighbours.csv")
      #expect(neighbours.texts("neighbour")?.first == "boat</w>")
      #expect(neighbours.rows.count == 40)
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("Learned words"))
      #expect(try encode("a boat at night").told)
    }
  }

  @Test("weights by either rule stand beside each other, and the sequences of a long prompt")
  func weights() throws {
    try withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run")
      let prompt = "a (purple boat)1.5 by the (sea)0.5, " + String(repeating: "a moon ", count: 10)
      let result = try TextEncodingCommand.run([
        "--output", run.path, "--prompt", prompt, "--prompt-weights", "compel", "--long-prompts",
        "chunks", "--tensors",
      ])
      #expect(result.page.residuals.allSatisfy { $0.holds })
      let weights = try table(run, "weights.csv")
      #expect(weights.rows.count == 48 && weights.numbers("chunk")?.max() == 1)
      #expect(weights.numbers("weight").map(Set.init) == [0.5, 1, 1.5])
      let a1111 = try #require(weights.numbers("change_a1111"))
      let compel = try #require(weights.numbers("change_compel"))
      // compel leaves alone what stands before all weights; A1111 moves everything that it weighs.
      #expect(compel[0] < 1e-5 && compel[1] < 1e-5 && compel[4] > 0.1)
      #expect(a1111[0] > 1e-4 && a1111[24] == 0 && compel[24] == 0)
      let path = run.appendingPathComponent("tensors.safetensors").path
      #expect(try SafetensorsFile(path).info("heard")?.shape == [1, 48, 96])
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("What the weights do") && page.contains("2 sequences"))
    }
  }

  @Test("an empty prompt, control characters and a very long word are prompts too")
  func oddPrompts() throws {
    for prompt in ["", " ", "\u{1}\u{7f}", String(repeating: "x", count: 20000), "</script>"] {
      try withRun(["--prompt", prompt, "--quiet"]) { _, result, _ in
        let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
        #expect(page.utf8.count < 15_000_000)
        #expect(!page.contains("</script></code>"))
        #expect(result.page.residuals.allSatisfy { $0.holds })
      }
    }
  }

  @Test("bad input leaves nothing behind")
  func badInput() throws {
    try withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("run")
      for arguments in [
        ["--model", "/nowhere"], ["--vocabulary", "/nowhere"],
        ["--vocabulary", Repository.path("fixtures/golden")],
        ["--model", Repository.path("Package.swift")],
      ] {
        do {
          try TextEncodingCommand.run(["--output", output.path] + arguments)
          Issue.record("\(arguments) is accepted")
        } catch let error as any PersonFacingError {
          #expect(!error.description.contains("\n"))
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }
}
