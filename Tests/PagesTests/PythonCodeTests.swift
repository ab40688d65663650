import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("Load this in Python") struct PythonCodeTests {
  @Test("reads the manifest, every table and the arrays, and nothing that is not there")
  func files() {
    let code = PythonCode(
      reading: [
        "film.png", "images/x.png", "other-timesteps.csv", "tensors.safetensors", "words.csv",
      ], in: "/tmp/a \"b\"")
    #expect(
      code.text == """
        import json
        from pathlib import Path
        import pandas as pd
        from safetensors.numpy import load_file

        run = Path("/tmp/a \\"b\\"")  # where this page lies
        manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
        other_timesteps = pd.read_csv(run / "other-timesteps.csv")
        words = pd.read_csv(run / "words.csv")
        tensors = load_file(run / "tensors.safetensors")
        """)
    let bare = PythonCode(reading: ["images/x.png"], in: "x").text
    #expect(!bare.contains("pandas") && !bare.contains("safetensors"))
  }

  @Test("variables have names that Python allows, each of its own")
  func names() {
    let text = PythonCode(
      reading: ["a/steps.csv", "b/steps.csv", "lambda.csv", "2d.csv", "run.csv"], in: "."
    ).text
    for line in [
      "steps = pd.read_csv(run / \"a/steps.csv\")", "steps_ = pd.read_csv(run / \"b/steps.csv\")",
      "table_lambda = pd", "table_2d = pd", "run_ = pd",
    ] {
      #expect(text.contains("\n" + line))
    }
  }

  @Test("stands folded on the page, with what is for slides")
  func onPage() throws {
    let html = try Page("demo", question: "Is it so?") {}.html(
      command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic,
      files: ["contact-sheet.png", "film.png", "images/a.png", "trace.csv"], folder: "/tmp/out")
    #expect(html.contains("<summary>Load this in Python</summary>"))
    #expect(html.contains("trace = pd.read_csv(run / &quot;trace.csv&quot;)"))
    #expect(
      html.contains("<a href=\"film.png\">") && html.contains("<a href=\"contact-sheet.png\">"))
    #expect(!html.contains("<a href=\"images/a.png\">"))
  }
}
