//! The linter on whole configurations: those of which a real nginx has shown whether they open, and the one of the article.

mod article;
mod shown;
