import { render } from "preact";
import { follow, startUp } from "./state/work";
import "./style.css";
import { App } from "./ui/App";

render(<App />, document.getElementById("studio")!);
follow();
void startUp();
