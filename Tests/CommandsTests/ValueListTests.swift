import ArgumentParser
import Commands
import Diffusion
import Testing

@Suite("Lists of values") struct ValueListTests {
  @Test(
    "seeds and ranges of them",
    arguments: [
      ("42", [42]), ("1-8", Array(1...8)), ("3-3", [3]), ("1,5, 9-11", [1, 5, 9, 10, 11]),
      ("18446744073709551615", [UInt64.max]), ("1-64", Array(1...64)),
    ] as [(String, [UInt64])])
  func seeds(text: String, values: [UInt64]) throws {
    #expect(try Values.seeds(text).values == values)
  }

  @Test(
    "what is no seed is named",
    arguments: [
      ("", "found ''"), ("-1", "found '-1'"), ("8-1", "found '8-1'"), ("1,x", "found 'x'"),
      ("1,,2", "found ''"), ("1-2-3", "found '1-2-3'"), ("1.5", "found '1.5'"), ("+1", "'+1'"),
      ("1,1", "found '1' again"), ("2,1-3", "found '1-3' again"), ("1-65", "at most 64"),
      ("0-18446744073709551615", "at most 64"), ("1-60,71-80", "at most 64"),
    ])
  func noSeeds(text: String, words: String) {
    let error = #expect(throws: ValidationError.self) { try Values.seeds(text) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test("decimal numbers and samplers")
  func others() throws {
    #expect(try Values.numbers("1, 3,7.5").values == [1, 3, 7.5])
    #expect(try SamplerList(parsing: "all") == .all)
    #expect(try SamplerList(parsing: "ddim,unipc").names == [.ddim, .unipc])
    let rest = SamplerName.general.filter { $0 != .unipc }
    #expect(try SamplerList(parsing: "unipc,all,tcd").names == [.unipc] + rest + [.tcd])
    for text in ["1,five", "", "0x10"] {
      #expect(throws: ValidationError.self) { try Values.numbers(text) }
    }
    for text in ["ddim,dream", "ddim,ddim", "all,all", "DDIM"] {
      #expect(throws: ValidationError.self) { try SamplerList(parsing: text) }
    }
  }

  @Test("what does nothing to a sampler leaves it out of all, and is refused where it was named")
  func leftOut() throws {
    func walked(_ options: [String], _ list: String) throws -> WalkedSamplers {
      try WalkOption.parse(options).walked(SamplerList(parsing: list))
    }
    let karras = try walked(["--sigmas", "karras"], "all")
    #expect(karras.names == SamplerName.general.filter(\.spreadsSigmas))
    #expect(
      karras.notice == "--sampler all leaves out ddpm, ddim, plms, pndm, euler-ancestral: --sigmas "
        + "does nothing to them")
    #expect(try walked(["--eta", "0.5"], "all,tcd").names == [.ddim, .tcd])
    let plain = try walked([], "all")
    #expect(plain.names == SamplerName.general && plain.notice == nil)
    for (options, list, words) in [
      (["--sigmas", "karras"], "ddim,all", "`sigmas` does nothing to ddim"),
      (["--sigmas", "karras", "--eta", "0.5"], "all", "none is left"),
    ] {
      let error = #expect(throws: ValidationError.self) { try walked(options, list) }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }

  private typealias List = ComparedLists.List

  @Test("one list is a row, two are rows and columns, in the order of the options")
  func table() throws {
    let (one, two) = (List("seed", ["1", "2"]), List("sampler", ["a", "b", "c"]))
    let single = List("prompt", ["x"])
    #expect(try ComparedLists([single, List("seed", ["4"])]) == nil)
    let row = try #require(try ComparedLists([single, one]))
    #expect(row.rows == nil && row.columns == one && row.count == 2)
    let both = try #require(try ComparedLists([two, single, one]))
    #expect(both.rows == two && both.columns == one && both.count == 6)
  }

  @Test("a list carries what it is called by, on pages and in names of files")
  func names() throws {
    let lists = try #require(
      try ComparedLists([
        .prompts(["a boat", "a tent"]), List("guidance-scale", ["1", "7.5"]),
      ]))
    #expect(lists.rows?.name == "prompt" && lists.columns.name == "guidance scale")
    #expect(lists.label(3) == "a tent, guidance scale 7.5")
    #expect(lists.stem(3) == "prompt-2-guidance-scale-7.5")
    let two = ComparedLists(
      between: List("lora", ["without", "with"], called: "LoRA", titles: ["off", "on"]))
    #expect(two.columns.name == "LoRA" && two.label(1) == "on" && two.stem(0) == "lora-without")
  }

  @Test("more lists than sides, and more pictures than are made, are refused by name")
  func refused() {
    func list(_ name: String, _ count: Int) -> List {
      List(name, (0..<count).map { String($0) })
    }
    let three = #expect(throws: ValidationError.self) {
      try ComparedLists([list("prompt", 2), list("sampler", 2), list("seed", 2)])
    }
    #expect(three?.message.contains("--prompt, --sampler, --seed") == true)
    let many = #expect(throws: ValidationError.self) {
      try ComparedLists([list("sampler", 11), list("seed", 6)])
    }
    #expect(many?.message.contains("at most 64 pictures, found 11 × 6") == true)
  }
}
