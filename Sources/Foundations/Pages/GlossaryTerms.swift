extension Glossary {
  /// Every term, in the order of the alphabet.
  public static let terms: [Term] = (processTerms + networkTerms + textTerms + measureTerms)
    .sorted { $0.name.lowercased() < $1.name.lowercased() }

  private static let processTerms: [Term] = [
    Term(
      "closed form",
      is: "The noisy picture of any timestep in one jump, without the steps before it: DDPM Eq. 4."),
    Term(
      "DDIM",
      is: "A sampler that adds no noise on its way and may leave timesteps out (arXiv:2010.02502)."),
    Term(
      "DDPM", "x_{t−1}",
      is: """
        The first diffusion model of this kind, and its sampler, which adds noise at every step \
        (arXiv:2006.11239).
        """),
    Term(
      "denoising step", "p_θ", or: ["reverse step", "reverse process", "denoising"],
      is: "One step of the way back: less noise, by the model's guess of what the noise is."),
    Term(
      "forward process", "q", or: ["noising", "forward noising"],
      is:
        "The way from a picture to noise: each timestep keeps a share of the picture and adds noise."
    ),
    Term(
      "noise", "ε", or: ["pure noise"], is: "Numbers drawn from the standard normal distribution."),
    Term(
      "noise schedule", "β_t", or: ["schedule"],
      is: "How much noise each timestep adds, as a list of variances."),
    Term(
      "posterior", "μ̃_t",
      is:
        "Where the step before this one lies when the clean picture is known: a Gaussian, DDPM Eq. 7."
    ),
    Term(
      "predicted original", "x̂_0",
      is: "The clean picture that the model's guess of the noise amounts to, at any timestep."),
    Term(
      "Karras sigmas", or: ["exponential sigmas", "beta sigmas"],
      is: """
        Noise levels of a walk that are spread by a rule of their own, Karras et al. Eq. 5 or another, not \
        at the model's timesteps.
        """),
    Term(
      "sampler",
      or: ["scheduler", "PLMS", "Euler", "Heun", "KDPM2", "DPM-Solver", "LCM", "TCD"],
      is:
        "The rule that makes the next, less noisy latent of the last one and of the predicted noise."
    ),
    Term(
      "signal-to-noise ratio", "SNR", or: ["SNR"],
      is:
        "The share of the picture over the share of the noise, both as variances: 1 is as much of each."
    ),
    Term(
      "terminal SNR", or: ["zero SNR"],
      is:
        "The signal-to-noise ratio of the last timestep; a schedule that ends above 0 leaves a trace."
    ),
    Term(
      "timestep", "t",
      is: "How far the noising has gone, counted from 0 for the least noise (papers count from 1)."),
    Term(
      "variational bound", "L", or: ["variational lower bound", "ELBO"],
      is: """
        A sum over timesteps that is never below −log p(x_0): how many bits a model needs at most to \
        name a picture, DDPM Eq. 5.
        """),
    Term(
      "share of the picture", "ᾱ_t", or: ["alphas_cumprod"],
      is:
        "The share of the picture's variance that is left at a timestep: all shares up to it multiplied."
    ),
  ]

  private static let networkTerms: [Term] = [
    Term(
      "LoRA", or: ["low-rank adaptation"],
      is: """
        A change of layers' weights, each the product of two thin matrices: a few megabytes teach a \
        model something new (arXiv:2106.09685).
        """),
    Term(
      "LoHa", or: ["LoKr", "LoCon"],
      is: """
        Relatives of LoRA that write a change otherwise: two products multiplied number by number, \
        Kronecker's product, and for convolutions a core between the two matrices (arXiv:2309.14859).
        """),
    Term(
      "effective rank",
      is: """
        In how many directions a matrix really acts: e to the entropy of the shares of its singular \
        values.
        """),
    Term(
      "autoencoder", "ℰ, 𝒟", or: ["first stage", "encoder and decoder"],
      is: "Two networks, of which one makes a picture small and the other makes it a picture again."
    ),
    Term(
      "channel", "C",
      is:
        "One of the numbers that stand at every pixel: three in a picture, hundreds inside a network."
    ),
    Term(
      "checkpoint", or: ["safetensors", "ckpt"],
      is: "A file with the weights of a trained network."),
    Term(
      "codebook", or: ["VQ"],
      is: "The list of vectors of which a VQ autoencoder takes the nearest one at every place."),
    Term(
      "convolution", "3 × 3",
      is: "A layer in which every pixel looks at its neighbours with the same weights everywhere."),
    Term(
      "decoder", "𝒟", is: "The half of the autoencoder that makes a picture of a latent."),
    Term(
      "downsampling factor", "f",
      is: """
        How many pixels of the picture one place of the latent stands for, on a side: 8 in Stable \
        Diffusion.
        """),
    Term("encoder", "ℰ", is: "The half of the autoencoder that makes a latent of a picture."),
    Term(
      "exponential moving average", or: ["EMA"],
      is: """
        The average of the weights over the last steps of a training, which draws better than the last \
        weights.
        """),
    Term(
      "KL", or: ["KL divergence", "KL autoencoder"],
      is: """
        The measure that pulls an autoencoder's latents towards a standard normal distribution, and \
        the autoencoder that is trained with it.
        """),
    Term(
      "latent", "z", or: ["latent space", "latent diffusion"],
      is:
        "What the encoder makes of a picture, and in which diffusion runs: small, with a few channels."
    ),
    Term(
      "loss", "L", is: "The number that a training makes smaller."),
    Term(
      "ResNet block", or: ["ResnetBlock2D"],
      is: "Two convolutions whose result is added to what went in; it is told the timestep."),
    Term(
      "skip connection", or: ["short cut", "skip"],
      is: "What the U-Net's way down leaves for the way up at the same resolution."),
    Term(
      "U-Net", "ε_θ",
      is:
        "The network that predicts the noise: down to few pixels, up again, with skip connections."),
    Term(
      "weights", "θ", or: ["parameter", "trainable value"],
      is: "The numbers of a network that its training sets."),
  ]

  private static let textTerms: [Term] = [
    Term(
      "attention", "A", or: ["attention map", "attention weight"],
      is:
        "Weights that say how much each place takes from each other one; those of one place sum to 1."
    ),
    Term(
      "attention head", or: ["head"],
      is:
        "One of several attentions that a layer computes side by side, each with weights of its own."
    ),
    Term(
      "byte-pair encoding", or: ["merge", "byte pair", "tokenizer"],
      is: "Words in pieces: the most frequent neighbours are joined again and again."),
    Term(
      "classifier-free guidance", "s", or: ["guidance", "guidance scale"],
      is: """
        Predicting the noise with and without the prompt, and going s times the way from one to the \
        other.
        """),
    Term(
      "conditioning", "y", or: ["condition", "unconditional", "conditional"],
      is: "What the model is told besides the noisy picture: here a prompt, or none."),
    Term(
      "cross-attention", "Q K^⊤",
      is: """
        Attention from the pixels to the tokens of the prompt: the way by which words reach the \
        picture.
        """),
    Term(
      "embedding", or: ["timestep embedding"],
      is: "The vector that stands for a token, a position or a timestep."),
    Term(
      "negative prompt",
      is: "What guidance leads away from: it takes the place of no words at all."),
    Term("prompt", "y", is: "The words that say what the picture should show."),
    Term(
      "self-attention", or: ["self attention"],
      is: """
        Attention from pixels to pixels, or from tokens to tokens, of one and the same picture or \
        prompt.
        """),
    Term(
      "softmax",
      is: "Turns any numbers into positive ones that sum to 1, the largest first."),
    Term(
      "text encoder", "τ_θ",
      is:
        "The network that makes one vector of each token, in which the words before it have a say."),
    Term("token", is: "One piece of a prompt: a word, a part of one, or a mark at its ends."),
  ]

  private static let measureTerms: [Term] = [
    Term(
      "bits per dimension", or: ["bits/dim"],
      is: "How many bits it takes to name a picture, divided by the number of its values."),
    Term(
      "FLOP", or: ["GFLOP", "MFLOP", "floating-point operation"],
      is: "One multiplication or addition of two numbers; what a computer's work is counted in."),
    Term(
      "Fréchet distance", or: ["Fréchet", "FID"],
      is:
        "How far two sets of pictures lie apart, by mean and spread of what a network sees in them."
    ),
    Term(
      "perceptual distance", or: ["LPIPS", "perceptual loss"],
      is: "How different two pictures look to a network, rather than pixel by pixel."),
    Term(
      "PSNR", or: ["decibel", "dB"],
      is:
        "How near two pictures are, on a logarithmic scale: 10 dB more is a tenth of the squared error."
    ),
    Term(
      "residual", or: ["identity"],
      is: "How far the two sides of an equation lie apart when both are computed."),
    Term("seed", is: "The number from which all random numbers of a run follow."),
    Term(
      "spectrum", or: ["frequency", "frequencies", "power spectrum"],
      is: "How much of a picture is coarse and how much is fine, by waves per picture."),
    Term(
      "SSIM",
      is:
        "How near two pictures are in brightness, contrast and structure, place by place; 1 is equal."
    ),
    Term(
      "standard deviation", "σ", or: ["std", "variance"],
      is: "How far numbers stray from their mean; the variance is its square."),
  ]
}
